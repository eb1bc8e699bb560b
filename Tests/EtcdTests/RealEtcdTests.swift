// The client beside Debian's etcd: one member, with and without TLS.
import Etcd
import EtcdTesting
import Testing

@Suite(.enabled(if: RealCluster.isExpected, Comment(rawValue: RealCluster.missing)), .timeLimit(.minutes(5)))
struct `With etcd` {
    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func withClient(
        hasTLS: Bool = false, _ body: @escaping @Sendable (EtcdClient, RealCluster) async throws -> Void
    ) async throws {
        try await RealCluster.run(hasTLS: hasTLS) { cluster in
            let client = try cluster.client()
            do {
                try await body(client, cluster)
                try await client.shutdown()
            } catch {
                try? await client.shutdown()
                throw error
            }
        }
    }

    @Test(arguments: [false, true]) func `keys are written, read and deleted`(hasTLS: Bool) async throws {
        try await withClient(hasTLS: hasTLS) { client, _ in
            let value: [UInt8] = (0...255).map { $0 }
            let first = try await client.put([0, 255], value)
            let second = try await client.put(Self.bytes("b"), [])
            #expect(second == first + 1)
            let all = try await client.get(Get(.all(startingWith: [])))
            #expect(all.pairs.map(\.key) == [[0, 255], Self.bytes("b")] && all.count == 2 && all.revision == second)
            #expect(all.pairs.first?.value == value && all.pairs.last?.value == [])
            let one = try await client.get(Get(.all(startingWith: []), limit: 1, revision: first))
            #expect(one.pairs.map(\.modRevision) == [first] && !one.hasMore)
            #expect(try await client.delete(.all(startingWith: [])) == 2)
            #expect(try await client.get(Get(.all(startingWith: []), isCountOnly: true)).count == 0)
        }
    }

    @Test func `conditions of nested transactions see the state before`() async throws {
        try await withClient { client, _ in
            let key = Self.bytes("d/1")
            let digest = KeyRange.all(startingWith: Self.bytes("d/"))
            let start = try await client.put(Self.bytes("other"), [1])
            let append = Transaction(
                [.isUnchanged(digest, since: start), .isAbsent(key)], then: [.put(key: key, value: [1])],
                otherwise: [.get(Get(digest))])
            // A child in the same transaction would not see its parent.
            let child = Transaction(
                [.value(of: key, is: [1])], then: [.put(key: Self.bytes("e/1"), value: [2])])
            let answer = try await client.transact(
                Transaction(then: [.transaction(append), .transaction(child)]))
            guard case .transaction(let won) = answer.parts[0], case .transaction(let lost) = answer.parts[1] else {
                Issue.record("\(answer)")
                return
            }
            #expect(answer.succeeded && won.succeeded && !lost.succeeded)
            // The second time the list is another one.
            let again = try await client.transact(append)
            #expect(!again.succeeded)
            guard case .got(let list) = again.parts.first else {
                Issue.record("\(again)")
                return
            }
            #expect(list.pairs.map(\.modRevision) == [answer.revision])
            // By value: greater and less tell states apart that begin alike.
            let between = Transaction(
                [
                    .init(.one(key), .greater, .value([0, 9])), .init(.one(key), .less, .value([1, 0])),
                    .init(.one(key), .notEqual, .version(7)),
                ], then: [])
            #expect(try await client.transact(between).succeeded)
        }
    }

    @Test func `what it refuses was not done`() async throws {
        try await withClient { client, _ in
            let put = Transaction.Operation.put(key: [1], value: [1])
            await #expect {
                try await client.transact(Transaction(then: [put, put]))
            } throws: { error in
                (error as? EtcdError)?.kind == .refused(code: 3) && (error as? EtcdError)?.outcome == .notApplied
            }
            #expect(try await client.get(Get(.one([1]))).count == 0)
            let many = (0..<1_025).map { Transaction.Operation.put(key: [UInt8($0 >> 8), UInt8($0 & 255)], value: []) }
            await #expect(throws: EtcdError.self) { try await client.transact(Transaction(then: many)) }
            let allowed = try await client.transact(Transaction(then: Array(many.dropLast())))
            #expect(allowed.parts.count == 1_024)
        }
    }

    @Test func `leases are kept, and lost`() async throws {
        try await withClient { client, _ in
            let lease = try await client.grantLease(seconds: 60)
            #expect(lease.seconds == 60)
            try await client.put([1], [2], lease: lease.id)
            #expect(try await client.keepLease(lease.id) == lease)
            #expect(try await client.lease(lease.id)?.id == lease.id)
            #expect(try await client.get(Get(.one([1]))).pairs.first?.lease == lease.id)
            #expect(try await client.revokeLease(lease.id))
            #expect(try await client.get(Get(.one([1]))).count == 0)
            #expect(try await client.keepLease(lease.id) == nil)
            #expect(try await client.lease(lease.id) == nil)
            #expect(try await !client.revokeLease(lease.id))
        }
    }

    @Test func `a watch tells what changes, and when its beginning is gone`() async throws {
        try await withClient { client, _ in
            let start = try await client.put([1, 1], [1])
            var watch = try await client.watch(.all(startingWith: [1]), from: start)
            let second = try await client.transact(
                Transaction(then: [.put(key: [1, 2], value: [2]), .put(key: [2], value: []), .delete(.one([1, 1]))]))
            var changes: [KeyChange] = []
            while changes.count < 3, case .changes(let more, _, let isWhole)? = try await watch.next() {
                changes += more
                #expect(isWhole)
            }
            guard case .put(let first) = changes[0], case .put(let put) = changes[1] else {
                Issue.record("\(changes)")
                return
            }
            #expect(first.key == [1, 1] && first.modRevision == start && put.key == [1, 2] && put.value == [2])
            #expect(changes[2] == .deleted(key: [1, 1], revision: second.revision))
            #expect(try await client.compact(before: second.revision))
            #expect(try await !client.compact(before: second.revision))
            var late = try await client.watch(.all(startingWith: [1]), from: start)
            #expect(try await late.next() == .compacted(revision: second.revision))
            #expect(try await late.next() == nil)
            await #expect {
                _ = try await client.get(Get(.one([1]), revision: start))
            } throws: {
                ($0 as? EtcdError)?.isCompacted == true
            }
        }
    }

    @Test func `a member tells how it is, and gives its data`() async throws {
        try await withClient { client, cluster in
            let endpoint = cluster.endpoints[0]
            let value = [UInt8](repeating: 7, count: 100_000)
            for place: UInt8 in 0..<10 { try await client.put([place], value) }
            let status = try await client.status(of: endpoint)
            #expect(status.leader == status.member && status.member != 0 && status.version.hasPrefix("3."))
            #expect(status.databaseBytes > 0 && status.errors == [] && !status.isLearner && status.revision == 11)
            let peers = try await client.members()
            #expect(peers.map(\.name) == ["m0"] && peers.first?.id == status.member)
            #expect(try await client.alarms() == [])
            try await client.defragment(endpoint)
            var bytes = 0
            try await client.snapshot(of: endpoint) { bytes += $0.count }
            #expect(bytes > 1_000_000 && bytes % 512 == 32)
        }
    }

    @Test func `a full database takes nothing more, and says so`() async throws {
        try await RealCluster.run(1, change: { $0.quotaBytes = 1 << 20 }) { cluster in
            let client = try cluster.client()
            let value = [UInt8](repeating: 7, count: 100_000)
            var refusal: EtcdError?
            for place: UInt8 in 0..<50 where refusal == nil {
                do { try await client.put([place], value) } catch let error as EtcdError { refusal = error }
            }
            #expect(refusal?.isFull == true && refusal?.outcome == .notApplied, "\(String(describing: refusal))")
            let alarm = try await client.alarms().first
            #expect(alarm?.kind == "NOSPACE")
            // It still reads.
            #expect(try await client.isHealthy(limit: .seconds(60)))
            if let alarm {
                try await client.disarm(alarm)
                #expect(try await client.alarms() == [])
            }
            try await client.shutdown()
        }
    }

    @Test func `who has no certificate of its authority is not served`() async throws {
        try await RealCluster.run(hasTLS: true) { cluster in
            try await RealCluster.run(hasTLS: true) { other in
                let stranger = try other.client(elsewhere: cluster.endpoints)
                await #expect(throws: EtcdError.self) { try await stranger.put([1], [1]) }
                try await stranger.shutdown()
                let client = try cluster.client()
                #expect(try await client.get(Get(.one([1]))).count == 0)
                try await client.shutdown()
            }
        }
    }
}
