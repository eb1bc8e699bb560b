// Decisions as values: what a refusal means, who is asked next, when a member is started again, and lines out of bytes.
import Testing

@testable import Etcd

@Suite struct `Refusals` {
    struct Case: Sendable {
        let text: String
        let status: Int
        let kind: EtcdError.Kind
        let outcome: EtcdError.Outcome
    }

    static let cases = [
        Case(
            text: #"{"error":"e","message":"etcdserver: no leader","code":14}"#, status: 503, kind: .noLeader,
            outcome: .notApplied),
        Case(
            text:
                #"{"error":"e","message":"etcdserver: request timed out, possibly due to previous leader failure","code":14}"#,
            status: 503, kind: .noLeader, outcome: .unknown),
        Case(
            text: #"{"message":"raft proposal dropped","code":2}"#, status: 500, kind: .noLeader, outcome: .notApplied),
        Case(text: #"{"message":"etcdserver: leader changed","code":14}"#, status: 503, kind: .lost, outcome: .unknown),
        Case(text: #"{"message":"etcdserver: server stopped","code":14}"#, status: 503, kind: .lost, outcome: .unknown),
        Case(
            text: #"{"message":"context deadline exceeded","code":4}"#, status: 504, kind: .timedOut, outcome: .unknown),
        Case(
            text: #"{"error":"etcdserver: duplicate key given in txn request","code":3,"message":"m"}"#, status: 400,
            kind: .refused(code: 3), outcome: .notApplied),
        Case(
            text: #"{"message":"etcdserver: mvcc: database space exceeded","code":8}"#, status: 429,
            kind: .refused(code: 8), outcome: .notApplied),
        Case(
            text: #"{"message":"etcdserver: unhealthy cluster","code":14}"#, status: 503, kind: .refused(code: 14),
            outcome: .notApplied),
        Case(text: "<html>", status: 502, kind: .unusable, outcome: .unknown),
        Case(text: "", status: 500, kind: .unusable, outcome: .unknown),
        Case(text: "{}", status: 500, kind: .unusable, outcome: .unknown),
    ]

    @Test(arguments: cases) func `say what became of a write`(_ given: Case) {
        let refusal = Refusal(status: given.status, body: Array(given.text.utf8))
        #expect(refusal.kind == given.kind && refusal.outcome == given.outcome, "\(given.text)")
    }

    @Test func `are printed without control characters, and not at any length`() {
        let words = String(repeating: "\u{1B}[31m\n", count: 1_000)
        let refusal = Refusal(WrittenRefusal(message: words, code: 3, grpc_code: nil))
        #expect(refusal.reason.count == 300 && !refusal.reason.contains("\u{1B}"))
    }

    @Test func `of a full database and of a lost history are known`() {
        let full = EtcdError(
            .refused(code: 8), .notApplied, call: "put", endpoint: "e",
            reason: "etcdserver: mvcc: database space exceeded")
        #expect(full.isFull && !full.isCompacted)
        let gone = EtcdError(
            .refused(code: 11), .notApplied, call: "get", endpoint: "e",
            reason: "etcdserver: mvcc: required revision has been compacted")
        #expect(gone.isCompacted && !gone.isFull)
    }
}

@Suite struct `Endpoints` {
    @Test func `are tried once each, and the one that failed comes last`() {
        var order = EndpointOrder(count: 3)
        #expect(order.places == [0, 1, 2])
        order.failed(at: 0)
        #expect(order.places == [1, 2, 0])
        // Another call had begun before.
        order.failed(at: 0)
        #expect(order.places == [1, 2, 0])
        order.failed(at: 1)
        order.failed(at: 2)
        #expect(order.places == [0, 1, 2])
    }

    @Test func `get a write twice only when it was certainly not done`() {
        for kind: EtcdError.Kind in [.unreachable, .noLeader, .timedOut, .lost] {
            let unknown = EtcdError(kind, .unknown, call: "put", endpoint: "e", reason: "r")
            #expect(EndpointOrder.decide(unknown, isWrite: true) == .giveUp)
            #expect(EndpointOrder.decide(unknown, isWrite: false) == .askNext)
            let undone = EtcdError(kind, .notApplied, call: "put", endpoint: "e", reason: "r")
            #expect(EndpointOrder.decide(undone, isWrite: true) == .askNext)
        }
        let refused = EtcdError(.refused(code: 3), .notApplied, call: "put", endpoint: "e", reason: "r")
        #expect(EndpointOrder.decide(refused, isWrite: true) == .giveUp)
        #expect(EndpointOrder.decide(refused, isWrite: false) == .giveUp)
    }
}

@Suite struct `A member that ended` {
    @Test func `is started again more and more slowly, and at last not at all`() {
        var rule = RestartRule()
        rule.endsMax = 9
        let pauses = (0..<8).map { _ in rule.ended(after: .seconds(1)) }
        let expected: [Duration] = [0.5, 1, 2, 4, 8, 16, 30, 30].map { .seconds($0) }
        #expect(pauses == expected.map { .start(after: $0) })
        #expect(rule.ended(after: .seconds(1)) == .giveUp)
    }

    @Test func `and had been well begins anew`() {
        var rule = RestartRule()
        for _ in 0..<10 { _ = rule.ended(after: .zero) }
        #expect(rule.ended(after: .seconds(60)) == .start(after: .milliseconds(500)))
        #expect(rule.ended(after: .zero) == .start(after: .seconds(1)))
    }
}

@Suite struct `Lines` {
    @Test func `are the same however the bytes are cut`() {
        let text = Array("one\n\nthree is long\nfour".utf8)
        for count in 1...text.count {
            var cutter = LineCutter(bytesMax: 8)
            var lines: [LineCutter.Line] = []
            for start in stride(from: 0, to: text.count, by: count) {
                lines += cutter.take(text[start..<min(start + count, text.count)])
            }
            #expect(
                lines == [.whole(Array("one".utf8)), .whole([]), .cut(Array("three is".utf8))],
                "pieces of \(count)")
            #expect(cutter.finish() == Array("four".utf8))
            #expect(cutter.finish() == nil)
        }
    }
}
