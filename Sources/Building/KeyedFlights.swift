// Lets one caller at a time work on a key; others wait for it and then look again.
import Synchronization

package final class KeyedFlights<Key: Hashable & Sendable>: Sendable {
    private let busy = Mutex<[Key: [CheckedContinuation<Void, Never>]]>([:])

    package init() {}

    /// Runs `work` while nobody else does for `key`.
    package func run<Value: Sendable>(_ key: Key, _ work: () async throws -> Value) async throws -> Value {
        await take(key)
        defer { release(key) }
        try Task.checkCancellation()
        return try await work()
    }

    private func take(_ key: Key) async {
        await withCheckedContinuation { continuation in
            let isFree = busy.withLock { busy in
                guard busy[key] != nil else {
                    busy[key] = []
                    return true
                }
                busy[key]?.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    /// The next in line, if there is one, takes over; otherwise the key is free.
    private func release(_ key: Key) {
        let next = busy.withLock { busy -> CheckedContinuation<Void, Never>? in
            guard var waiters = busy[key], !waiters.isEmpty else {
                busy[key] = nil
                return nil
            }
            let first = waiters.removeFirst()
            busy[key] = waiters
            return first
        }
        next?.resume()
    }
}
