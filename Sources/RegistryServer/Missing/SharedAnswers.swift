// One question at a time for each key: who asks the same while it is being answered gets the same answer.
import Synchronization

/// The work runs in the task of who asked first. When that one gives up, the next in line does the work itself.
final class SharedAnswers<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private enum Outcome: Sendable {
        case answer(Value)
        case failed(any Error)
        /// Whoever worked on it left.
        case left
    }

    private typealias Waiting = [UInt64: CheckedContinuation<Outcome, Never>]

    private struct State {
        var flights: [Key: Waiting] = [:]
        /// Of no two who wait.
        var nextTicket: UInt64 = 0
    }

    private let state = Mutex(State())

    func run(_ key: Key, _ work: () async throws -> Value) async throws -> Value {
        while true {
            try Task.checkCancellation()
            guard let ticket = join(key) else { return try await lead(key, work) }
            switch await wait(key, ticket) {
            case .answer(let value): return value
            case .failed(let error): throw error
            case .left: continue
            }
        }
    }

    /// Nil for the first one.
    private func join(_ key: Key) -> UInt64? {
        state.withLock { state in
            guard state.flights[key] != nil else {
                state.flights[key] = [:]
                return nil
            }
            state.nextTicket += 1
            return state.nextTicket
        }
    }

    private func lead(_ key: Key, _ work: () async throws -> Value) async throws -> Value {
        do {
            let value = try await work()
            end(key, .answer(value))
            return value
        } catch {
            end(key, Task.isCancelled || error is CancellationError ? .left : .failed(error))
            throw error
        }
    }

    private func end(_ key: Key, _ outcome: Outcome) {
        let waiting = state.withLock { $0.flights.removeValue(forKey: key) } ?? [:]
        for continuation in waiting.values { continuation.resume(returning: outcome) }
    }

    /// `left` too when the flight ended before anybody could wait for it, or who waits gives up.
    private func wait(_ key: Key, _ ticket: UInt64) async -> Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard state.flights[key] != nil, !Task.isCancelled else { return true }
                    state.flights[key]?[ticket] = continuation
                    return false
                }
                if isOver { continuation.resume(returning: .left) }
            }
        } onCancel: {
            state.withLock { $0.flights[key]?.removeValue(forKey: ticket) }?.resume(returning: .left)
        }
    }
}
