// The clock of a simulation: its hours pass when nothing else is left to do.

package struct SimulatedClock: Clock, Sendable {
    package struct Instant: InstantProtocol {
        /// Since the simulation began.
        package let elapsed: Duration

        package func advanced(by duration: Duration) -> Instant { Instant(elapsed: elapsed + duration) }
        package func duration(to other: Instant) -> Duration { other.elapsed - elapsed }
        package static func < (left: Instant, right: Instant) -> Bool { left.elapsed < right.elapsed }
    }

    private let executor: SeededExecutor

    package init(_ executor: SeededExecutor) { self.executor = executor }

    package var now: Instant { Instant(elapsed: executor.now) }
    package var minimumResolution: Duration { .nanoseconds(1) }

    package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try await executor.sleep(until: deadline.elapsed)
    }

    /// Sleeps on when it is cancelled.
    package func sleepStubbornly(for duration: Duration) async {
        let executor = executor
        let deadline = executor.now + duration
        // A sleeper that is cancelled wakes at once, so one sleeps that is nobody's child.
        await Task(executorPreference: executor) { try? await executor.sleep(until: deadline) }.value
    }
}
