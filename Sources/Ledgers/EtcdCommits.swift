// Carries out what GroupCommit decides: changes go to etcd in shared transactions.
import Etcd
import Synchronization

// A class with a lock, not an actor: who gives up waiting has to be let go at once, from a handler that can't wait.
final class EtcdCommits: Sendable {
    struct Change: Sendable {
        let subject: GroupCommit.Subject
        let reads: [GroupCommit.Subject]
        let transaction: Transaction
        let byteCount: Int
    }

    struct Answer: Sendable {
        let transaction: TransactionAnswer
        /// Of the ledger's whole history, afterwards.
        let revision: Int64
    }

    private struct Start: Sendable {
        let transaction: Int
        let tickets: [GroupCommit.Ticket]
    }

    private struct State {
        var group: GroupCommit
        var waiting: [GroupCommit.Ticket: Waiting] = [:]
        var lastTicket = 0
        var isOver = false
    }

    private struct Waiting {
        let change: Change
        let continuation: CheckedContinuation<Answer, any Error>
    }

    private let client: EtcdClient
    private let epoch: LedgerEpoch
    private let state: Mutex<State>
    private let starts: AsyncStream<Start>
    private let start: AsyncStream<Start>.Continuation

    init(_ client: EtcdClient, _ epoch: LedgerEpoch, _ limits: GroupCommit.Limits) {
        self.client = client
        self.epoch = epoch
        state = Mutex(State(group: GroupCommit(limits)))
        // The machine starts no more than may be under way.
        (starts, start) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(limits.transactionsMax))
    }

    /// Carries transactions out until the task is cancelled. Changes wait until it runs, and fail when it has ended.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await start in starts { group.addTask { await self.perform(start) } }
        }
        let left = state.withLock { state in
            defer { state.waiting = [:] }
            state.isOver = true
            return Array(state.waiting.values)
        }
        for waiting in left { waiting.continuation.resume(throwing: Self.ended) }
    }

    private static let ended = LedgerError.unavailable("this node stops")

    /// Throws `EtcdError` (nobody may know what became of it), `LedgerError` and `CancellationError`.
    func commit(_ change: Change) async throws -> Answer {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                let isOver = state.withLock { state in
                    if !state.isOver { state.waiting[ticket] = Waiting(change: change, continuation: continuation) }
                    return state.isOver
                }
                guard !isOver else { return continuation.resume(throwing: Self.ended) }
                step(
                    .arrived(
                        GroupCommit.Entry(
                            ticket: ticket, changes: change.subject, reads: change.reads,
                            operationCount: change.transaction.operationCount, byteCount: change.byteCount)))
                // The handler below may have run before there was anything to withdraw.
                if Task.isCancelled { withdraw(ticket) }
            }
        } onCancel: {
            withdraw(ticket)
        }
    }

    private func withdraw(_ ticket: GroupCommit.Ticket) {
        resume(ticket, .failure(CancellationError()))
        step(.withdrawn(ticket))
    }

    private func resume(_ ticket: GroupCommit.Ticket, _ result: Result<Answer, any Error>) {
        let waiting = state.withLock { $0.waiting.removeValue(forKey: ticket) }
        waiting?.continuation.resume(with: result)
    }

    private func step(_ event: GroupCommit.Event) {
        let effects = state.withLock { $0.group.step(event) }
        for effect in effects {
            switch effect {
            case .commit(let transaction, let tickets):
                start.yield(Start(transaction: transaction, tickets: tickets))
            case .refuse(let tickets, .tooMany):
                for ticket in tickets {
                    resume(ticket, .failure(LedgerError.unavailable("too many publications wait for it")))
                }
            case .refuse(let tickets, .isDown):
                for ticket in tickets {
                    resume(ticket, .failure(LedgerError.unavailable("its voters don't agree, or can't be reached")))
                }
            }
        }
    }

    private func perform(_ start: Start) async {
        let changes = state.withLock { state in
            start.tickets.compactMap { ticket in state.waiting[ticket].map { (ticket, $0.change) } }
        }
        var isUp = true
        if !changes.isEmpty {
            do {
                let answer = try await client.transact(epoch.guarded(changes.map { .transaction($0.1.transaction) }))
                try epoch.check(answer)
                for ((ticket, _), part) in zip(changes, answer.parts) {
                    guard case .transaction(let nested) = part else { continue }
                    resume(ticket, .success(Answer(transaction: nested, revision: answer.revision)))
                }
            } catch {
                if let error = error as? EtcdError { isUp = error.kind != .noLeader && error.kind != .unreachable }
                // Stopped in the middle: perhaps it was done.
                let reason =
                    error is CancellationError
                    ? EtcdError(.lost, .unknown, call: "transaction", endpoint: "", reason: "this node stops") : error
                for (ticket, _) in changes { resume(ticket, .failure(reason)) }
            }
        }
        step(.answered(transaction: start.transaction, isUp: isUp))
    }
}
