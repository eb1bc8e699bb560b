// git's status, asked once for everybody who needs it in one build: on a large tree it is what costs most.
import Synchronization

/// git looks at the work tree while the project is read: what depends on the answer is checked when the answer is
/// there. What was read may be acted on after `settle`.
package final class SeenChanges: Sendable {
    package typealias Check = @Sendable ([WorkTreeChange]) throws -> Void

    private enum Answer {
        case unasked
        case asked(RunningGit)
        case known([WorkTreeChange])
    }

    private struct State {
        var answer = Answer.unasked
        /// In the order in which they were asked for.
        var checks: [Check] = []
    }

    private let repository: Repository
    private let state = Mutex(State())

    package init(_ repository: Repository) { self.repository = repository }

    /// Starts git, beside the caller.
    package func ask() throws {
        try state.withLock { state in
            if case .unasked = state.answer { state.answer = .asked(try repository.beginChanges()) }
        }
    }

    /// What `Repository.changes` gave the first time; waits for it.
    package func all() throws -> [WorkTreeChange] {
        try state.withLock { try known(&$0) }
    }

    private func known(_ state: inout State) throws -> [WorkTreeChange] {
        let changes: [WorkTreeChange]
        switch state.answer {
        case .unasked: changes = try repository.changes()
        case .asked(let running):
            // An answer is given once: after a failure git is asked anew.
            state.answer = .unasked
            changes = try repository.changes(running)
        case .known(let known): return known
        }
        state.answer = .known(changes)
        return changes
    }

    /// While git looks, the check waits for `settle`; otherwise it is made at once.
    package func require(_ check: @escaping Check) throws {
        let changes: [WorkTreeChange]? = try state.withLock { state in
            guard case .asked = state.answer else { return try known(&state) }
            state.checks.append(check)
            return nil
        }
        if let changes { try check(changes) }
    }

    /// Whether git is still at it.
    package var isLooking: Bool {
        state.withLock { state in
            if case .asked(let running) = state.answer { running.isSilent } else { false }
        }
    }

    /// What `body` reads. A check that it asked for goes before an error that it met later: what is wrong may be wrong
    /// because it is not committed.
    package func reading<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch {
            try settle()
            throw error
        }
    }

    /// Makes the checks that were asked for so far: the first to fail is the first that was asked for. After it, what was
    /// read may be acted on.
    package func settle() throws {
        let (changes, checks) = try state.withLock { state in
            if state.checks.isEmpty { return ([WorkTreeChange](), [Check]()) }
            defer { state.checks = [] }
            return (try known(&state), state.checks)
        }
        for check in checks { try check(changes) }
    }
}
