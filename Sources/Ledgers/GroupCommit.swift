// Which proposals go into one transaction of etcd: a pure machine. While transactions are under way proposals gather; the
// next one takes all that fit.
package import Digests

/// A transaction of etcd costs a round of agreement and a write to every voter's disk, whatever it holds. So proposals are
/// nested in one outer transaction, each with its conditions. etcd judges all conditions by the state before it: two
/// proposals for one digest would both win, and a child would not see its parent. Such proposals never share one.
package struct GroupCommit: Sendable {
    package typealias Ticket = Int

    package struct Limits: Sendable {
        /// `--max-txn-ops` of the voters (`MemberConfiguration.transactionOperationsMax`): what is nested may use what the
        /// outer transaction leaves.
        package var operationsMax = 1_024
        /// Bytes of one transaction, unless a single proposal has more. etcd takes 1.5 MiB; it also keeps the last 5,000
        /// transactions and more in memory, which this bounds.
        package var bytesMax = 128 << 10
        /// Transactions under way.
        package var transactionsMax = 2
        package var waitingMax = 10_000

        package init() {}
    }

    /// What a proposal is about: the list of one digest.
    package struct Subject: Hashable, Sendable {
        package let repo: RepoID
        package let digest: StageDigest

        package init(repo: RepoID, digest: StageDigest) { (self.repo, self.digest) = (repo, digest) }
    }

    package struct Entry: Sendable {
        package let ticket: Ticket
        package let changes: Subject
        package let reads: [Subject]
        package let operationCount: Int
        package let byteCount: Int

        package init(ticket: Ticket, changes: Subject, reads: [Subject], operationCount: Int, byteCount: Int) {
            self.ticket = ticket
            self.changes = changes
            self.reads = reads
            self.operationCount = operationCount
            self.byteCount = byteCount
        }
    }

    package enum Event: Sendable {
        case arrived(Entry)
        /// Who asked is gone.
        case withdrawn(Ticket)
        /// `isUp`: the ledger can be asked. Otherwise nobody waits for it here: they hear it, and decide.
        case answered(transaction: Int, isUp: Bool)
    }

    package enum Effect: Hashable, Sendable {
        case commit(transaction: Int, [Ticket])
        case refuse([Ticket], Refusal)
    }

    package enum Refusal: Hashable, Sendable {
        case tooMany
        case isDown
    }

    private let limits: Limits
    /// The oldest first.
    private var waiting: [Entry] = []
    private var underWay: Set<Int> = []
    private var transactionCount = 0

    package init(_ limits: Limits = Limits()) { self.limits = limits }

    package mutating func step(_ event: Event) -> [Effect] {
        switch event {
        case .arrived(let entry):
            guard waiting.count < limits.waitingMax else { return [.refuse([entry.ticket], .tooMany)] }
            waiting.append(entry)
        case .withdrawn(let ticket): waiting.removeAll { $0.ticket == ticket }
        case .answered(let transaction, let isUp):
            underWay.remove(transaction)
            if !isUp, !waiting.isEmpty {
                defer { waiting = [] }
                return [.refuse(waiting.map(\.ticket), .isDown)]
            }
        }
        return commits()
    }

    private mutating func commits() -> [Effect] {
        var effects: [Effect] = []
        while underWay.count < limits.transactionsMax, !waiting.isEmpty {
            transactionCount += 1
            underWay.insert(transactionCount)
            effects.append(.commit(transaction: transactionCount, take()))
        }
        return effects
    }

    /// The next transaction: at least the oldest that waits, and the younger ones that fit. Who can't share it is
    /// overtaken only by those that have nothing to do with him.
    private mutating func take() -> [Ticket] {
        var taken: [Ticket] = []
        var left: [Entry] = []
        var (bytes, nestedMax) = (0, 0)
        var (changed, read): (Set<Subject>, Set<Subject>) = ([], [])
        var isFull = false
        for entry in waiting {
            let nested = max(nestedMax, entry.operationCount)
            let fits =
                taken.count + 1 + nested <= limits.operationsMax && bytes + entry.byteCount <= limits.bytesMax
            if !fits, !taken.isEmpty { isFull = true }
            let meets =
                changed.contains(entry.changes) || read.contains(entry.changes)
                || entry.reads.contains { changed.contains($0) }
            // Subjects of those that stay count, too: their order is kept.
            changed.insert(entry.changes)
            read.formUnion(entry.reads)
            guard !isFull, !meets else {
                left.append(entry)
                continue
            }
            taken.append(entry.ticket)
            bytes += entry.byteCount
            nestedMax = nested
        }
        waiting = left
        return taken
    }
}
