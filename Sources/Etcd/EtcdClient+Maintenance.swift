// How a member is, its alarms, and its data as a file. These calls are about one member: its endpoint is named.
import Digests
import FoundationEssentials

package struct MemberStatus: Hashable, Sendable {
    package let member: UInt64
    package let version: String
    /// Bytes of the database's file, and of what is in use of it.
    package let databaseBytes: Int64
    package let databaseBytesInUse: Int64
    /// 0: it knows none.
    package let leader: UInt64
    package let term: UInt64
    package let isLearner: Bool
    /// Of its own copy of the history.
    package let revision: Int64
    /// Alarms and troubles in etcd's words.
    package let errors: [String]
}

package struct EtcdAlarm: Hashable, Sendable {
    package let member: UInt64
    /// `NOSPACE`: the quota is reached, and nothing can be written. `CORRUPT`: members differ.
    package let kind: String
}

extension EtcdClient {
    /// Answered without a quorum, too.
    package func status(of endpoint: String, limit: Duration? = nil) async throws -> MemberStatus {
        var call = EtcdCall("status", "/v3/maintenance/status", RequestText.object { _ in }, isWrite: false)
        call.limit = limit
        return try await ask(call, at: endpoint) { AnswerText.decode(WrittenStatus.self, $0)?.status }
    }

    package func alarms() async throws -> [EtcdAlarm] {
        let body = RequestText.object { $0.word("action", "GET") }
        return try await ask(EtcdCall("alarms", "/v3/maintenance/alarm", body, isWrite: false)) { json in
            AnswerText.decode(WrittenAlarms.self, json)?.alarms
        }
    }

    package func disarm(_ alarm: EtcdAlarm) async throws {
        let body = RequestText.object { text in
            text.word("action", "DEACTIVATE")
            text.number("memberID", alarm.member)
            text.word("alarm", alarm.kind.filter { $0.isASCII && $0.isLetter })
        }
        try await ask(EtcdCall("disarm", "/v3/maintenance/alarm", body, isWrite: true)) { _ in () }
    }

    /// Gives back what the database no longer uses. The member answers nobody meanwhile.
    package func defragment(_ endpoint: String) async throws {
        var call = EtcdCall("defragment", "/v3/maintenance/defragment", RequestText.object { _ in }, isWrite: false)
        call.limit = timeouts.maintenance
        try await ask(call, at: endpoint) { _ in () }
    }

    /// The database as `etcdctl snapshot save` writes it: `write` gets it piece by piece. Throws when its last 32 bytes
    /// are not the SHA-256 of the others, so that what was written is whole.
    package func snapshot(of endpoint: String, _ write: ([UInt8]) throws -> Void) async throws {
        var call = EtcdCall("snapshot", "/v3/maintenance/snapshot", RequestText.object { _ in }, isWrite: false)
        call.limit = timeouts.maintenance
        var messages = try await streams.open(call, at: endpoint)
        var hasher = Hasher(.sha256)
        // The newest bytes, which may be the checksum.
        var held: [UInt8] = []
        while let piece = try await messages.next(WrittenSnapshot.self) {
            let blob = Array(piece.blob ?? Data())
            try write(blob)
            held += blob
            let sure = max(0, held.count - Self.checksumBytes)
            hasher.update(Array(held[..<sure]))
            held.removeFirst(sure)
        }
        guard held == BlobDigest(finishing: hasher).rawBytes else {
            throw call.error(.unusable, .notApplied, at: endpoint, "the snapshot ended before its end")
        }
    }

    private static let checksumBytes = 32
}

private struct WrittenSnapshot: Decodable { let blob: Data? }

private struct WrittenStatus: Decodable {
    let header: WrittenHeader?
    let version: String?
    let dbSize: WrittenInt?
    let dbSizeInUse: WrittenInt?
    let leader: WrittenID?
    let raftTerm: WrittenID?
    let isLearner: Bool?
    let errors: [String]?

    var status: MemberStatus? {
        guard let member = header?.member_id, let version else { return nil }
        return MemberStatus(
            member: member.value, version: version, databaseBytes: dbSize?.value ?? 0,
            databaseBytesInUse: dbSizeInUse?.value ?? 0, leader: leader?.value ?? 0, term: raftTerm?.value ?? 0,
            isLearner: isLearner ?? false, revision: header?.revision?.value ?? 0, errors: errors ?? [])
    }
}

private struct WrittenAlarms: Decodable {
    struct Alarm: Decodable {
        let memberID: WrittenID?
        let alarm: String?
    }

    private let written: [Alarm]?

    enum CodingKeys: String, CodingKey { case written = "alarms" }

    var alarms: [EtcdAlarm] {
        (written ?? []).map { EtcdAlarm(member: $0.memberID?.value ?? 0, kind: $0.alarm ?? "") }
    }
}
