// One caller at a time for an address, and an answer that comes once.
import Synchronization

/// Whoever comes second waits, and finds what the first made.
final class DialGate: Sendable {
    private let busy = Mutex<[PeerAddress: [CheckedContinuation<Void, Never>]]>([:])

    func run<Value: Sendable>(_ address: PeerAddress, _ work: () async throws -> Value) async throws -> Value {
        await withCheckedContinuation { continuation in
            let isFree = busy.withLock { busy in
                guard busy[address] != nil else {
                    busy[address] = []
                    return true
                }
                busy[address]?.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
        defer { leave(address) }
        try Task.checkCancellation()
        return try await work()
    }

    private func leave(_ address: PeerAddress) {
        let next = busy.withLock { busy -> CheckedContinuation<Void, Never>? in
            guard var waiting = busy[address], !waiting.isEmpty else {
                busy[address] = nil
                return nil
            }
            let first = waiting.removeFirst()
            busy[address] = waiting
            return first
        }
        next?.resume()
    }
}

/// The first answer counts.
final class OnceAnswer<Value: Sendable>: Sendable {
    private enum State {
        case open
        case waits(CheckedContinuation<Value, Never>)
        case given(Value)
    }

    private let state = Mutex(State.open)

    func give(_ value: Value) {
        let waiter = state.withLock { state -> CheckedContinuation<Value, Never>? in
            switch state {
            case .open:
                state = .given(value)
                return nil
            case .waits(let waiter):
                state = .given(value)
                return waiter
            case .given: return nil
            }
        }
        waiter?.resume(returning: value)
    }

    /// Asked once. A cancelled caller gets `ifCancelled`, unless the answer was there before.
    func value(ifCancelled: Value) async -> Value {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known = state.withLock { state -> Value? in
                    guard case .given(let value) = state else {
                        state = .waits(continuation)
                        return nil
                    }
                    return value
                }
                if let known { continuation.resume(returning: known) }
                if Task.isCancelled { give(ifCancelled) }
            }
        } onCancel: {
            give(ifCancelled)
        }
    }
}
