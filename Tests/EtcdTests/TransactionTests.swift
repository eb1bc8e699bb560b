// Transactions as etcd's gateway reads them, and its answers as values: golden bytes, of etcd 3.4.23.
import Etcd
import MeshSimulation
import Testing

@Suite struct `Transactions` {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `are written as etcd reads them`() {
        let inner = Transaction(
            [.value(of: bytes("a"), is: bytes("1")), .isUnchanged(.all(startingWith: bytes("d/")), since: 41)],
            then: [.put(key: bytes("a"), value: bytes("2"), lease: 7)],
            otherwise: [.get(Get(.one(bytes("a")), limit: 2))])
        let outer = Transaction(
            [.isAbsent(bytes("e"))], then: [.transaction(inner), .delete(.all(startingWith: bytes("q")))])
        #expect(
            text(outer.json)
                == #"{"compare":[{"key":"ZQ==","result":"EQUAL","target":"CREATE","create_revision":"0"}],"#
                + #""success":[{"request_txn":{"compare":[{"key":"YQ==","result":"EQUAL","target":"VALUE","value":"MQ=="},"#
                + #"{"key":"ZC8=","range_end":"ZDA=","result":"LESS","target":"MOD","mod_revision":"42"}],"#
                + #""success":[{"request_put":{"key":"YQ==","value":"Mg==","lease":"7"}}],"#
                + #""failure":[{"request_range":{"key":"YQ==","limit":"2"}}]}},"#
                + #"{"request_delete_range":{"key":"cQ==","range_end":"cg=="}}]}"#)
        #expect(outer.operationCount == 4)
    }

    @Test func `of nothing are an empty object`() { #expect(text(Transaction(then: []).json) == "{}") }

    @Test func `reads say only what differs from etcd's own choice`() {
        #expect(text(Get(.one(bytes("a"))).json) == #"{"key":"YQ=="}"#)
        let all = Get(
            .all(startingWith: []), limit: 9, revision: 5, isKeysOnly: true, isCountOnly: true, isSerializable: true)
        #expect(
            text(all.json)
                == #"{"key":"AA==","range_end":"AA==","limit":"9","revision":"5","serializable":true,"keys_only":true,"count_only":true}"#
        )
    }

    private static let answer =
        #"{"header":{"cluster_id":"324952591200643719","member_id":"3319814642761637952","revision":"3","raft_term":"2"},"succeeded":true,"responses":[{"response_txn":{"header":{},"responses":[{"response_range":{"header":{"revision":"2"},"kvs":[{"key":"YQ==","create_revision":"2","mod_revision":"2","version":"1","value":"MQ=="}],"count":"1"}}]}},{"response_txn":{"header":{},"succeeded":true,"responses":[{"response_put":{"header":{"revision":"3"}}}]}},{"response_delete_range":{"header":{"revision":"3"}}}]}"#

    private var asked: Transaction {
        let get = Transaction.Operation.get(Get(.one(bytes("a"))))
        let put = Transaction.Operation.put(key: bytes("b"), value: bytes("2"))
        let nested = Transaction.Operation.transaction(Transaction(then: [put], otherwise: [get]))
        return Transaction(then: [nested, nested, .delete(.one(bytes("q")))])
    }

    @Test func `answers become values`() throws {
        let answer = try #require(asked.answer(json: bytes(Self.answer)))
        #expect(answer.succeeded && answer.revision == 3 && answer.parts.count == 3)
        guard case .transaction(let lost) = answer.parts[0], case .got(let range) = lost.parts.first else {
            Issue.record("\(answer)")
            return
        }
        #expect(!lost.succeeded)
        let pair = KeyValue(key: bytes("a"), value: bytes("1"), createRevision: 2, modRevision: 2, version: 1)
        #expect(range.pairs == [pair] && range.count == 1 && !range.hasMore && range.revision == 2)
        #expect(answer.parts[2] == .deleted(0))
    }

    @Test func `answers to something else are none`() {
        let put = Transaction.Operation.put(key: bytes("b"), value: bytes("2"))
        #expect(Transaction(then: [put]).answer(json: bytes(Self.answer)) == nil)
        #expect(Transaction(then: [put, put, put]).answer(json: bytes(Self.answer)) == nil)
        #expect(asked.answer(json: bytes("{}")) == nil)
        #expect(asked.answer(json: bytes("[]")) == nil)
        #expect(asked.answer(json: []) == nil)
    }

    @Test func `changed bytes are an answer or none, and never more`() {
        var random = SeededGenerator(seed: 1)
        let whole = bytes(Self.answer)
        for _ in 0..<3_000 {
            var changed = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) where !changed.isEmpty {
                let place = Int.random(in: 0..<changed.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: changed[place] = UInt8.random(in: 0...255, using: &random)
                case 1: changed.remove(at: place)
                default: changed = Array(changed[..<max(place, 1)])
                }
            }
            if let answer = asked.answer(json: changed) { #expect(answer.parts.count == 3 || !answer.succeeded) }
        }
    }

    @Test func `ranges end behind their last key`() {
        #expect(KeyRange.all(startingWith: [1, 2]).end == [1, 3])
        #expect(KeyRange.all(startingWith: [1, 255]).end == [2])
        #expect(KeyRange.all(startingWith: [255, 255]).end == [0])
        #expect(KeyRange.all(startingWith: [1], after: [1, 9]) == KeyRange(key: [1, 9, 0], end: [2]))
    }
}
