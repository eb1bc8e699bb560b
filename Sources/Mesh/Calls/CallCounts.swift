// Numbers for people who watch a node: what was called, and what was refused.
import Synchronization

package final class CallCounts: Sendable {
    package struct Values: Hashable, Sendable {
        /// Calls of peers, whatever came of them.
        package var calls = 0
        /// Of a name that isn't in the table.
        package var unknownTargets = 0
        /// By a role that may not.
        package var refusedCallers = 0
        package var unknownActors = 0
        package var busy = 0
        /// Answers to calls that nobody waited for any more.
        package var lateAnswers = 0
        /// Links that were ended because the peer made no sense.
        package var violations = 0
        /// Links that never came up: versions or names didn't fit, or no hello came.
        package var unfitLinks = 0
    }

    private let state = Mutex(Values())

    package var values: Values { state.withLock { $0 } }

    func add(_ count: any WritableKeyPath<Values, Int> & Sendable) { state.withLock { $0[keyPath: count] += 1 } }
}
