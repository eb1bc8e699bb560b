// When a member that ended is started again: soon at first, then more and more slowly, and at last not at all.

package struct RestartRule: Sendable {
    /// The first pause; each further one is twice as long.
    package var pauseMin = Duration.milliseconds(500)
    package var pauseMax = Duration.seconds(30)
    /// Who ran for so long was well: counting begins anew.
    package var wellAfter = Duration.seconds(60)
    /// Ends in a row, each soon after its start, before it is given up.
    package var endsMax = 20

    private var endCount = 0

    package init() {}

    package enum Decision: Hashable, Sendable {
        case start(after: Duration)
        case giveUp
    }

    /// The member ended after it had run for `duration`.
    package mutating func ended(after duration: Duration) -> Decision {
        endCount = duration >= wellAfter ? 1 : endCount + 1
        guard endCount < endsMax else { return .giveUp }
        var pause = pauseMin
        for _ in 1..<endCount where pause < pauseMax { pause = pause * 2 }
        return .start(after: min(pause, pauseMax))
    }
}
