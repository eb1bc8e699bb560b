// The answers of etcd's gateway as they stand in JSON, and how they become values. What is zero may be left out.
import FoundationEssentials

/// A 64-bit number: a text, as JSON's own numbers can't hold it everywhere.
struct WrittenNumber<Number: FixedWidthInteger & Decodable>: Decodable {
    let value: Number

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let text = try? container.decode(String.self) else {
            value = try container.decode(Number.self)
            return
        }
        guard let number = Number(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no number")
        }
        value = number
    }
}

typealias WrittenInt = WrittenNumber<Int64>
typealias WrittenID = WrittenNumber<UInt64>

struct WrittenHeader: Decodable {
    let member_id: WrittenID?
    let revision: WrittenInt?
    let raft_term: WrittenID?
}

struct WrittenPair: Decodable {
    let key: Data?
    let value: Data?
    let create_revision: WrittenInt?
    let mod_revision: WrittenInt?
    let version: WrittenInt?
    let lease: WrittenInt?

    var pair: KeyValue {
        KeyValue(
            key: key.map(Array.init) ?? [], value: value.map(Array.init) ?? [],
            createRevision: create_revision?.value ?? 0, modRevision: mod_revision?.value ?? 0,
            version: version?.value ?? 0, lease: lease?.value ?? 0)
    }
}

struct WrittenRange: Decodable {
    let header: WrittenHeader?
    let kvs: [WrittenPair]?
    let more: Bool?
    let count: WrittenInt?

    var answer: RangeAnswer {
        RangeAnswer(
            pairs: (kvs ?? []).map(\.pair), hasMore: more ?? false, count: count?.value ?? 0,
            revision: header?.revision?.value ?? 0)
    }
}

struct WrittenPut: Decodable { let header: WrittenHeader? }

struct WrittenDeletion: Decodable {
    let header: WrittenHeader?
    let deleted: WrittenInt?
}

struct WrittenTransaction: Decodable {
    struct Part: Decodable {
        let response_range: WrittenRange?
        let response_put: WrittenPut?
        let response_delete_range: WrittenDeletion?
        let response_txn: WrittenTransaction?

        /// Nil for an answer of a kind that is not known here.
        var answer: TransactionAnswer.Part? {
            if let response_range { return .got(response_range.answer) }
            if response_put != nil { return .put }
            if let response_delete_range { return .deleted(response_delete_range.deleted?.value ?? 0) }
            return response_txn.flatMap(\.answer).map { .transaction($0) }
        }
    }

    let header: WrittenHeader?
    let succeeded: Bool?
    let responses: [Part]?

    var answer: TransactionAnswer? {
        let parts = (responses ?? []).map(\.answer)
        let known = parts.compactMap { $0 }
        guard known.count == parts.count else { return nil }
        return TransactionAnswer(succeeded: succeeded ?? false, revision: header?.revision?.value ?? 0, parts: known)
    }
}

/// A message of a stream.
struct WrittenResult<Value: Decodable>: Decodable {
    let result: Value?
    let error: WrittenRefusal?
}

/// What etcd says when it refuses: at the top of an answer, or as the last message of a stream.
struct WrittenRefusal: Decodable {
    let message: String?
    /// gRPC's code; `grpc_code` in streams of 3.4.
    let code: Int?
    let grpc_code: Int?
}

enum AnswerText {
    /// Nil when `bytes` are not such an answer. Foundation's decoder bounds the depth of nesting itself (512).
    static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
        try? JSONDecoder().decode(type, from: Data(bytes))
    }
}

extension Transaction {
    /// Nil when `json` does not answer this transaction.
    package func answer(json: [UInt8]) -> TransactionAnswer? {
        guard let written = AnswerText.decode(WrittenTransaction.self, json), written.header != nil,
            let answer = written.answer, isAnswered(by: answer)
        else { return nil }
        return answer
    }
}

extension RangeAnswer {
    /// Nil when `json` is no answer to a read.
    package init?(json: [UInt8]) {
        guard let written = AnswerText.decode(WrittenRange.self, json), written.header != nil else { return nil }
        self = written.answer
    }
}
