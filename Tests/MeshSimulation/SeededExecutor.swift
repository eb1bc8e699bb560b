// Runs tasks on the calling thread, one job at a time, in an order drawn from a seed; its time jumps.
import Synchronization

/// All tasks that prefer this executor, with their child tasks, actors, streams and continuations, take turns on the
/// thread that called `run`. When none can go on, the time becomes that of the earliest sleeper. So a run is a
/// function of its seed, and an hour takes no time.
package final class SeededExecutor: TaskExecutor {
    package enum End: Hashable, Sendable {
        /// Nothing is left to do: no job, no sleeper.
        case idle
        /// Still busy after so many jobs.
        case endless(jobs: Int)
    }

    private struct State {
        var random: SeededGenerator
        var jobs: [UnownedJob] = []
        var sleepers: [Sleeper] = []
        var now: Duration = .zero
        var lastSleeper: UInt64 = 0
        /// Sleepers that were cancelled before they slept.
        var cancelled: Set<UInt64> = []
    }

    private struct Sleeper {
        let id: UInt64
        let deadline: Duration
        let wake: CheckedContinuation<Void, any Error>
    }

    private let state: Mutex<State>

    package init(seed: UInt64) { state = Mutex(State(random: SeededGenerator(seed: seed))) }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
    }

    /// Since the executor was made.
    package var now: Duration { state.withLock { $0.now } }

    package func run(jobsMax: Int) -> End {
        for _ in 0..<jobsMax {
            if let job = nextJob() {
                unsafe job.runSynchronously(on: asUnownedTaskExecutor())
            } else if let sleeper = nextSleeper() {
                sleeper.wake.resume()
            } else {
                return .idle
            }
        }
        return .endless(jobs: jobsMax)
    }

    private func nextJob() -> UnownedJob? {
        state.withLock { state in
            guard !state.jobs.isEmpty else { return nil }
            state.jobs.swapAt(state.random.below(state.jobs.count), state.jobs.count - 1)
            return state.jobs.popLast()
        }
    }

    private func nextSleeper() -> Sleeper? {
        state.withLock { state in
            let isEarlier = { (left: Sleeper, right: Sleeper) in
                (left.deadline, left.id) < (right.deadline, right.id)
            }
            guard let earliest = state.sleepers.min(by: isEarlier) else { return nil }
            state.sleepers.removeAll { $0.id == earliest.id }
            state.now = max(state.now, earliest.deadline)
            return earliest
        }
    }

    // MARK: Sleeping

    /// Throws `CancellationError` as soon as the caller is cancelled.
    func sleep(until deadline: Duration) async throws {
        let id = state.withLock { state in
            state.lastSleeper += 1
            return state.lastSleeper
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { wake in
                let isCancelled = state.withLock { state in
                    // The handler below may have run before there was a sleeper.
                    guard state.cancelled.remove(id) == nil else { return true }
                    state.sleepers.append(Sleeper(id: id, deadline: deadline, wake: wake))
                    return false
                }
                if isCancelled { wake.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func cancel(_ id: UInt64) {
        let sleeper = state.withLock { state -> Sleeper? in
            guard let place = state.sleepers.firstIndex(where: { $0.id == id }) else {
                state.cancelled.insert(id)
                return nil
            }
            return state.sleepers.remove(at: place)
        }
        sleeper?.wake.resume(throwing: CancellationError())
    }
}
