// Which proposals share a transaction: seeded runs, and the rules that no run may break.
import Digests
import MeshSimulation
import Testing

@testable import Ledgers

@Suite struct `Group commit` {
    private static let repo = RepoID(name: "r")

    private static func subject(_ number: Int) -> GroupCommit.Subject {
        GroupCommit.Subject(repo: repo, digest: Samples.digest("\(number)"))
    }

    private func entry(
        _ ticket: Int, _ subject: Int, reads: [Int] = [], operations: Int = 2, bytes: Int = 100
    ) -> GroupCommit.Event {
        .arrived(
            GroupCommit.Entry(
                ticket: ticket, changes: Self.subject(subject), reads: reads.map(Self.subject),
                operationCount: operations,
                byteCount: bytes))
    }

    private func limits(_ change: (inout GroupCommit.Limits) -> Void = { _ in }) -> GroupCommit.Limits {
        var limits = GroupCommit.Limits()
        limits.transactionsMax = 1
        change(&limits)
        return limits
    }

    @Test func `whoever comes alone does not wait, and those who come meanwhile go together`() {
        var group = GroupCommit(limits())
        #expect(group.step(entry(1, 1)) == [.commit(transaction: 1, [1])])
        #expect(group.step(entry(2, 2)) == [])
        #expect(group.step(entry(3, 3)) == [])
        #expect(group.step(.answered(transaction: 1, isUp: true)) == [.commit(transaction: 2, [2, 3])])
        #expect(group.step(.answered(transaction: 2, isUp: true)) == [])
    }

    @Test func `two of one digest, and child and parent, go after each other, and nobody overtakes them`() {
        var group = GroupCommit(limits())
        _ = group.step(entry(0, 0))
        // 2 waits for 1; 3 reads what 2 changes, though 2 is not in; 4 has nothing to do with them.
        for event in [entry(1, 1), entry(2, 1), entry(3, 3, reads: [1]), entry(4, 4), entry(5, 3)] {
            _ = group.step(event)
        }
        #expect(group.step(.answered(transaction: 1, isUp: true)) == [.commit(transaction: 2, [1, 4])])
        #expect(group.step(.answered(transaction: 2, isUp: true)) == [.commit(transaction: 3, [2])])
        #expect(group.step(.answered(transaction: 3, isUp: true)) == [.commit(transaction: 4, [3])])
        #expect(group.step(.answered(transaction: 4, isUp: true)) == [.commit(transaction: 5, [5])])
    }

    @Test func `a parent that changes goes after the child that reads it`() {
        var group = GroupCommit(limits())
        _ = group.step(entry(0, 0))
        for event in [entry(1, 1, reads: [2]), entry(2, 2)] { _ = group.step(event) }
        #expect(group.step(.answered(transaction: 1, isUp: true)) == [.commit(transaction: 2, [1])])
    }

    @Test func `a transaction has as many operations and bytes as etcd takes`() {
        var group = GroupCommit(limits { ($0.operationsMax, $0.bytesMax) = (10, 1_000) })
        _ = group.step(entry(0, 0))
        // The outer transaction has n operations, and what is nested may have 10 - n.
        for ticket in 1...9 { _ = group.step(entry(ticket, ticket, operations: 4)) }
        #expect(group.step(.answered(transaction: 1, isUp: true)) == [.commit(transaction: 2, [1, 2, 3, 4, 5, 6])])
        #expect(group.step(.answered(transaction: 2, isUp: true)) == [.commit(transaction: 3, [7, 8, 9])])
        _ = group.step(entry(10, 10, bytes: 5_000))
        for ticket in 11...14 { _ = group.step(entry(ticket, ticket, bytes: 400)) }
        #expect(group.step(.answered(transaction: 3, isUp: true)) == [.commit(transaction: 4, [10])])
        #expect(group.step(.answered(transaction: 4, isUp: true)) == [.commit(transaction: 5, [11, 12])])
    }

    @Test func `who has gone is forgotten, and when the ledger is down everybody hears it`() {
        var group = GroupCommit(limits { $0.waitingMax = 3 })
        _ = group.step(entry(0, 0))
        for ticket in 1...3 { _ = group.step(entry(ticket, ticket)) }
        #expect(group.step(entry(4, 4)) == [.refuse([4], .tooMany)])
        #expect(group.step(.withdrawn(2)) == [])
        #expect(group.step(.answered(transaction: 1, isUp: false)) == [.refuse([1, 3], .isDown)])
        #expect(group.step(entry(5, 5)) == [.commit(transaction: 2, [5])])
    }

    @Test(arguments: 0..<200) func `every run keeps the rules, and nobody is forgotten`(_ seed: Int) {
        var run = Run(seed: UInt64(seed))
        run.go()
        #expect(run.faults == [])
        #expect(run.answered == run.asked)
    }

    /// Proposals that come, go and are answered in an order drawn from a seed.
    private struct Run {
        var random: SeededGenerator
        var group: GroupCommit
        var limits = GroupCommit.Limits()
        var entries: [Int: GroupCommit.Entry] = [:]
        var underWay: [Int] = []
        var asked: Set<Int> = []
        var answered: Set<Int> = []
        var faults: [String] = []
        /// The last one of each digest that was committed.
        var last: [GroupCommit.Subject: Int] = [:]

        init(seed: UInt64) {
            random = SeededGenerator(seed: seed)
            limits.operationsMax = 8 + random.below(30)
            limits.bytesMax = 200 + random.below(2_000)
            limits.transactionsMax = 1 + random.below(4)
            limits.waitingMax = 5 + random.below(100)
            group = GroupCommit(limits)
        }

        mutating func go() {
            for ticket in 0..<300 {
                switch random.below(10) {
                case 0...5: arrive(ticket)
                case 6: withdraw()
                default: answer(isUp: !random.chance(10))
                }
            }
            while !underWay.isEmpty { answer(isUp: true) }
        }

        mutating func arrive(_ ticket: Int) {
            let entry = GroupCommit.Entry(
                ticket: ticket, changes: subject(random.below(12)),
                reads: (0..<random.below(3)).map { _ in subject(random.below(12)) },
                operationCount: 1 + random.below(6), byteCount: random.below(700))
            entries[ticket] = entry
            asked.insert(ticket)
            take(group.step(.arrived(entry)))
        }

        mutating func withdraw() {
            guard let ticket = asked.subtracting(answered).sorted().randomElement(using: &random) else { return }
            answered.insert(ticket)
            take(group.step(.withdrawn(ticket)))
        }

        mutating func answer(isUp: Bool) {
            guard !underWay.isEmpty else { return }
            let transaction = underWay.remove(at: random.below(underWay.count))
            take(group.step(.answered(transaction: transaction, isUp: isUp)))
        }

        mutating func take(_ effects: [GroupCommit.Effect]) {
            for effect in effects {
                switch effect {
                case .refuse(let tickets, _): answered.formUnion(tickets)
                case .commit(let transaction, let tickets):
                    underWay.append(transaction)
                    answered.formUnion(tickets)
                    check(tickets.compactMap { entries[$0] })
                }
            }
            if underWay.count > limits.transactionsMax { faults.append("\(underWay.count) under way") }
        }

        mutating func check(_ shared: [GroupCommit.Entry]) {
            if shared.isEmpty { faults.append("an empty transaction") }
            let operations = shared.count + (shared.map(\.operationCount).max() ?? 0)
            if shared.count > 1, operations > limits.operationsMax { faults.append("\(operations) operations") }
            if shared.count > 1, shared.map(\.byteCount).reduce(0, +) > limits.bytesMax { faults.append("bytes") }
            for (index, entry) in shared.enumerated() {
                for other in shared[..<index] {
                    if other.changes == entry.changes || other.reads.contains(entry.changes)
                        || entry.reads.contains(other.changes)
                    {
                        faults.append("\(other.ticket) and \(entry.ticket) share a transaction")
                    }
                }
                if let before = last[entry.changes], before > entry.ticket { faults.append("\(entry.ticket) overtook") }
                last[entry.changes] = entry.ticket
            }
        }

        func subject(_ number: Int) -> GroupCommit.Subject { `Group commit`.subject(number) }
    }
}
