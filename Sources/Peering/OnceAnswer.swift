// An answer that comes once, to one who waits for it.
import Synchronization

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
