// Lets one task at a time through for each key, so that many tasks don't ask the same question at once.
import Synchronization

final class KeyedGate<Key: Hashable & Sendable>: Sendable {
    private struct Waiter {
        let number: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        /// A key is here while somebody is inside.
        var waiters: [Key: [Waiter]] = [:]
        var lastNumber: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Runs `work` while nobody else does for `key`; look again, inside, whether it is still needed.
    func alone<Value>(_ key: Key, _ work: () async throws -> Value) async throws -> Value {
        try await enter(key)
        defer { leave(key) }
        return try await work()
    }

    private func enter(_ key: Key) async throws {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        let isIn = await withTaskCancellationHandler {
            await withCheckedContinuation { wait(key, number, $0) }
        } onCancel: {
            giveUp(key, number)
        }
        guard isIn else { throw CancellationError() }
    }

    private func wait(_ key: Key, _ number: UInt64, _ continuation: CheckedContinuation<Bool, Never>) {
        let answer: Bool? = state.withLock { state in
            // The cancellation handler may have run before this; it found nothing to resume.
            if Task.isCancelled { return false }
            guard state.waiters[key] != nil else {
                state.waiters[key] = []
                return true
            }
            state.waiters[key]?.append(Waiter(number: number, continuation: continuation))
            return nil
        }
        if let answer { continuation.resume(returning: answer) }
    }

    private func leave(_ key: Key) {
        let next: Waiter? = state.withLock { state in
            guard let waiters = state.waiters[key], !waiters.isEmpty else {
                state.waiters[key] = nil
                return nil
            }
            return state.waiters[key]?.removeFirst()
        }
        next?.continuation.resume(returning: true)
    }

    private func giveUp(_ key: Key, _ number: UInt64) {
        let waiter: Waiter? = state.withLock { state in
            guard let index = state.waiters[key]?.firstIndex(where: { $0.number == number }) else { return nil }
            return state.waiters[key]?.remove(at: index)
        }
        waiter?.continuation.resume(returning: false)
    }
}
