// Runs one asynchronous story under a seed, and says what was wrong with the way it ended.
import Synchronization

package enum SimulationError: Error, Hashable, CustomStringConvertible {
    /// Everything waits, and nothing will come.
    case stuck(after: Duration)
    case endless(jobs: Int)

    package var description: String {
        switch self {
        case .stuck(let time): "stuck after \(time): every task waits, and nothing is left that could wake one"
        case .endless(let jobs): "no end after \(jobs) jobs"
        }
    }
}

package enum Simulation {
    /// More jobs than any story takes.
    package static let jobsMax = 2_000_000

    /// The value of `story`, when it and all that it started came to an end.
    ///
    /// `story` must not leave the executor: no `Task.detached`, no clock but the one that it is given.
    package static func run<Value: Sendable>(
        seed: UInt64, jobsMax: Int = jobsMax,
        _ story: @escaping @Sendable (SimulatedClock) async -> Value
    ) throws(SimulationError) -> Value {
        let executor = SeededExecutor(seed: seed)
        let result = Result<Value>()
        // The one task without a parent: everything in the story hangs below it.
        let root = Task(executorPreference: executor) {
            let value = await story(SimulatedClock(executor))
            result.set(value)
        }
        let end = executor.run(jobsMax: jobsMax)
        if case .endless(let jobs) = end {
            root.cancel()
            throw .endless(jobs: jobs)
        }
        guard let value = result.value else { throw .stuck(after: executor.now) }
        return value
    }
}

/// Where a story leaves its value.
private final class Result<Value: Sendable>: Sendable {
    private let box = Mutex<Value?>(nil)

    func set(_ value: Value) { box.withLock { $0 = value } }
    var value: Value? { box.withLock { $0 } }
}
