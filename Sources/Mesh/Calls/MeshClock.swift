// The time that calls live by, on whatever clock the process or the simulation has.

/// Time since the clock was given; never that of the wall.
package struct MeshClock: Sendable {
    package let now: @Sendable () -> Duration
    /// Throws only when the caller is cancelled.
    package let sleep: @Sendable (Duration) async throws -> Void

    package init<Source: Clock>(_ clock: Source) where Source.Duration == Duration {
        let start = clock.now
        now = { start.duration(to: clock.now) }
        sleep = { try await clock.sleep(until: clock.now.advanced(by: $0), tolerance: nil) }
    }
}
