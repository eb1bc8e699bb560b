// Lets one child task be cancelled from outside its group, without a task of its own.
import Synchronization

/// A job runs inside a small group; stopping it cancels that group's child.
final class JobStopper: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Void, Never>)
        case stopped
        /// The job came to its end by itself.
        case over
    }

    private let state = Mutex(State.idle)

    /// Whether somebody wanted the job to end before it did.
    var isStopped: Bool { state.withLock { if case .stopped = $0 { true } else { false } } }

    /// The result of `work`, which is cancelled when `stop` is called or the caller is cancelled; it does not begin
    /// when that happened before.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async -> Result<Value, any Error> {
        await withTaskGroup(of: Result<Value, any Error>?.self) { group in
            group.addTask {
                do {
                    guard !self.isStopped else { throw CancellationError() }
                    try Task.checkCancellation()
                    return .success(try await work())
                } catch {
                    // The caller may have been cancelled before anybody waited for that.
                    if Task.isCancelled { self.stop() }
                    return .failure(error)
                }
            }
            group.addTask {
                await self.waitForStop()
                return nil
            }
            var result: Result<Value, any Error> = .failure(CancellationError())
            while let next = await group.next() {
                if let next {
                    result = next
                    self.end(.over)
                } else {
                    group.cancelAll()
                }
            }
            return result
        }
    }

    /// May be called at any time, and more than once.
    func stop() { end(.stopped) }

    // Only the first end counts, and only it finds the waiter.
    private func end(_ end: State) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            switch state {
            case .idle:
                state = end
                return nil
            case .waiting(let waiter):
                state = end
                return waiter
            case .stopped, .over: return nil
            }
        }
        waiter?.resume()
    }

    private func waitForStop() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let isWaiting = state.withLock { state -> Bool in
                    guard case .idle = state else { return false }
                    state = .waiting(waiter)
                    return true
                }
                // The handler below, or `stop`, may have run before the waiter was stored.
                if !isWaiting { waiter.resume() }
            }
        } onCancel: {
            stop()
        }
    }
}
