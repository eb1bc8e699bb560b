// Lets one caller at a time work on a key; others wait for it and then look again.
import Synchronization

package final class KeyedFlights<Key: Hashable & Sendable>: Sendable {
    private struct Waiter {
        let ticket: UInt64
        /// Whether the key is now the waiter's.
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        /// Who waits for a key that somebody works on, first come first.
        var busy: [Key: [Waiter]] = [:]
        /// Of no two who wait.
        var nextTicket: UInt64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Runs `work` while nobody else does for `key`. Who is cancelled waits no longer.
    package func run<Value: Sendable>(_ key: Key, _ work: () async throws -> Value) async throws -> Value {
        guard await take(key) else { throw CancellationError() }
        defer { release(key) }
        try Task.checkCancellation()
        return try await work()
    }

    /// False for who is cancelled before it is its turn.
    private func take(_ key: Key) async -> Bool {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isTaken = state.withLock { state -> Bool? in
                    guard state.busy[key] != nil else {
                        state.busy[key] = []
                        return true
                    }
                    if Task.isCancelled { return false }
                    state.busy[key]?.append(Waiter(ticket: ticket, continuation: continuation))
                    return nil
                }
                if let isTaken { continuation.resume(returning: isTaken) }
            }
        } onCancel: {
            leave(key, ticket)?.resume(returning: false)
        }
    }

    private func leave(_ key: Key, _ ticket: UInt64) -> CheckedContinuation<Bool, Never>? {
        state.withLock { state in
            guard let place = state.busy[key]?.firstIndex(where: { $0.ticket == ticket }) else { return nil }
            return state.busy[key]?.remove(at: place).continuation
        }
    }

    /// The next in line, if there is one, takes over; otherwise the key is free.
    private func release(_ key: Key) {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard var waiters = state.busy[key], !waiters.isEmpty else {
                state.busy[key] = nil
                return nil
            }
            let first = waiters.removeFirst()
            state.busy[key] = waiters
            return first.continuation
        }
        next?.resume(returning: true)
    }
}
