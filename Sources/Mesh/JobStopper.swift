// Lets one child task be cancelled from outside its group, without a task of its own.
import Synchronization

/// A job runs inside a small group; stopping it cancels that group's child.
final class JobStopper: Sendable {
    private enum State {
        case idle
        case running(CheckedContinuation<Void, Never>?)
        case stopped
    }

    private let state = Mutex(State.idle)

    /// The result of `work`, which is cancelled when `stop` is called or the caller is cancelled.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async -> Result<Value, any Error> {
        await withTaskGroup(of: Result<Value, any Error>?.self) { group in
            group.addTask {
                do { return .success(try await work()) } catch { return .failure(error) }
            }
            group.addTask {
                await self.waitForStop()
                return nil
            }
            var result: Result<Value, any Error> = .failure(CancellationError())
            while let next = await group.next() {
                if let next {
                    result = next
                    self.stop()
                } else {
                    group.cancelAll()
                }
            }
            return result
        }
    }

    func stop() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            defer { state = .stopped }
            if case .running(let waiter) = state { return waiter }
            return nil
        }
        waiter?.resume()
    }

    private func waitForStop() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let isStopped = state.withLock { state -> Bool in
                    if case .stopped = state { return true }
                    state = .running(waiter)
                    return false
                }
                // The handler may have run before the waiter was stored.
                if isStopped || Task.isCancelled { isStopped ? waiter.resume() : stop() }
            }
        } onCancel: {
            stop()
        }
    }
}
