// Proposers beside a ledger that is late, silent and stale, or whose leaders are killed: one winner, and nothing is lost.
import Digests
import Etcd
import EtcdTesting
import Glibc
import LedgerTesting
import Ledgers
import MeshSimulation
import Synchronization
import Testing

/// Several that publish the same digests with different bytes, again and again, and write down what they were told.
struct Proposers: Sendable {
    let digests: Int
    /// Each digest gets so many publications, one on top of the other.
    let rounds: Int
    let count: Int

    /// What was said to be won, by nonce.
    final class Told: Sendable {
        private let won: Mutex<[String: Publication]> = Mutex([:])

        var all: [String: Publication] { won.withLock { $0 } }

        func win(_ publication: Publication) { won.withLock { $0[publication.nonce] = publication } }
    }

    func run(_ told: Told, clock: any Clock<Duration>, _ ledger: @escaping @Sendable (Int) -> any Ledger) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for proposer in 0..<count {
                group.addTask {
                    for number in 0..<digests {
                        try await publish(number, as: proposer, told, clock, ledger(proposer))
                    }
                }
            }
        }
    }

    private func publish(
        _ number: Int, as proposer: Int, _ told: Told, _ clock: any Clock<Duration>, _ ledger: any Ledger
    ) async throws {
        let digest = Samples.digest("d\(number)")
        var list = try await Self.patiently(clock) { try await ledger.publications(of: digest, .known) }
        while list.publications.count < rounds {
            let nonce = "\(proposer)-\(number)-\(list.publications.count)"
            let own = Samples.publication(
                "d\(number)", at: (list.greatestTimestamp ?? 0) + 1 + Int64(proposer), content: nonce, nonce: nonce)
            let version = list.version
            let proposed = try await Self.patiently(clock) { try await ledger.append(own, on: version, clock: clock) }
            if proposed == .won {
                told.win(own)
                // Nobody else's business: the last word stands.
                _ = try await Self.patiently(clock) { try await ledger.mark(own, as: .tagged) }
            }
            list = try await Self.patiently(clock) { try await ledger.publications(of: digest, .agreed) }
        }
    }

    /// As a build does it: it waits for the ledger. The same proposal may be made again.
    static func patiently<Value>(
        _ clock: any Clock<Duration>, _ body: () async throws -> Value
    ) async throws -> Value {
        for _ in 0..<2_000 {
            do {
                return try await body()
            } catch LedgerError.unavailable {
            } catch LedgerError.outcomeUnknown {
            }
            try await clock.sleep(for: .milliseconds(100))
        }
        return try await body()
    }

    /// What is wrong with what was recorded, after what was told.
    func faults(_ lists: [[Publication]], _ told: Told) -> [String] {
        var faults: [String] = []
        let recorded = lists.flatMap { $0 }
        let won = told.all
        for list in lists {
            if list.count != rounds { faults.append("\(list.count) publications and not \(rounds)") }
            if !zip(list, list.dropFirst()).allSatisfy({ $0.id.timestamp < $1.id.timestamp }) {
                faults.append("times that do not grow")
            }
        }
        if lists.count != digests { faults.append("\(lists.count) digests") }
        for publication in recorded {
            if won[publication.nonce]?.manifest != publication.manifest {
                faults.append("\(publication.nonce) was recorded, and nobody told that it won")
            }
            if publication.state != .tagged { faults.append("\(publication.nonce) is \(publication.state)") }
        }
        let nonces = Set(recorded.map(\.nonce))
        if nonces.count != recorded.count { faults.append("a proposal was recorded twice") }
        for nonce in won.keys where !nonces.contains(nonce) { faults.append("\(nonce) was won, and is lost") }
        return faults
    }
}

@Suite(.timeLimit(.minutes(5))) struct `Proposers of a simulated ledger` {
    /// One order of things for a seed; time jumps.
    @Test(arguments: 0..<100) func `publish each thing once, whatever becomes of their calls`(_ seed: Int) throws {
        let proposers = Proposers(digests: 3, rounds: 3, count: 4)
        let faults = try Simulation.run(seed: UInt64(seed)) { clock in
            let ledger = SimulatedLedger(random: SeededGenerator(seed: UInt64(seed)), clock: clock, faults: .many)
            let told = Proposers.Told()
            do {
                try await proposers.run(told, clock: clock) { _ in ledger }
            } catch {
                return ["\(error)"]
            }
            return proposers.faults(Array(ledger.settled().values), told)
        }
        #expect(faults == [])
    }

    /// The checks see a ledger that records without looking: otherwise they would show nothing.
    @Test func `and a ledger that forgets what it recorded is found out`() throws {
        let proposers = Proposers(digests: 1, rounds: 2, count: 2)
        let faults = try Simulation.run(seed: 1) { clock in
            let ledger = SimulatedLedger(random: SeededGenerator(seed: 1), clock: clock)
            let told = Proposers.Told()
            try? await proposers.run(told, clock: clock) { _ in ledger }
            let lists = Array(ledger.settled().values)
            return proposers.faults(lists.map { Array($0.dropLast()) }, told)
        }
        #expect(faults.count >= 2)
    }
}

@Suite(.enabled(if: RealCluster.isExpected, Comment(rawValue: RealCluster.missing)), .timeLimit(.minutes(5)))
struct `Proposers of three voters` {
    @Test func `publish each thing once while leaders are killed`() async throws {
        var timeouts = EtcdTimeouts()
        timeouts.call = .seconds(3)
        timeouts.connect = .seconds(1)
        try await RealCluster.run(3) { [timeouts] cluster in
            let proposers = Proposers(digests: 60, rounds: 2, count: 4)
            let told = Proposers.Told()
            let lists = try await Self.withLedgers(cluster, timeouts) { ledgers in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await proposers.run(told, clock: ContinuousClock()) { ledgers[$0] } }
                    group.addTask { try await Self.killLeaders(cluster, 4) }
                    try await group.waitForAll()
                }
                try await cluster.waitUntilReady()
                var lists: [[Publication]] = []
                for number in 0..<proposers.digests {
                    let digest = Samples.digest("d\(number)")
                    lists.append(try await ledgers[0].publications(of: digest, .agreed).publications)
                }
                return lists
            }
            #expect(proposers.faults(lists, told) == [])
        }
    }

    /// A ledger for each proposer, each with another member first.
    private static func withLedgers<Value: Sendable>(
        _ cluster: RealCluster, _ timeouts: EtcdTimeouts,
        _ body: @escaping @Sendable ([any Ledger]) async throws -> Value
    ) async throws -> Value {
        let places = [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 2, 1]]
        return try await RealLedger.run(cluster, timeouts: timeouts, places: places[0]) { first, _ in
            try await RealLedger.run(cluster, timeouts: timeouts, places: places[1]) { second, _ in
                try await RealLedger.run(cluster, timeouts: timeouts, places: places[2]) { third, _ in
                    try await RealLedger.run(cluster, timeouts: timeouts, places: places[3]) { fourth, _ in
                        try await body([first, second, third, fourth].map { $0.repo(RepoID(name: "test")) })
                    }
                }
            }
        }
    }

    private static func killLeaders(_ cluster: RealCluster, _ count: Int) async throws {
        for _ in 0..<count {
            try await ContinuousClock().sleep(for: .seconds(2))
            if let leader = try await cluster.leader() { cluster.send(SIGKILL, to: leader) }
        }
    }
}
