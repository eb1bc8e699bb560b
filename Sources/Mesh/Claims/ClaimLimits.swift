// How many claims a home keeps, and for how long.

package struct ClaimLimits: Sendable {
    /// Stages that are claimed or waited for at one home.
    package var claimsMax = 100_000
    /// Orders that wait for one claim.
    package var waitersMax = 1_000
    /// Orders that hold one claim beside each other: copies, and those that two homes granted.
    package var holdersMax = 16
    /// Results of which a home knows who has them.
    package var resultsMax = 10_000
    /// Orders that ended, of which late words are not heard any more.
    package var endedMax = 100_000
    /// Changes of homes that are told apart.
    package var viewsMax = 16
    /// A claim that is not refreshed for so long is dead; so is the wish of one who does not ask again.
    package var deadAfter = Duration.seconds(6)
    /// A new home of a digest grants nothing for so long: who holds it comes forward meanwhile.
    package var settleTime = Duration.seconds(3)
    /// A result of which nobody has to be told again.
    package var resultTime = Duration.seconds(600)
    /// A table that hears nothing of the time for longer stood still, and can blame nobody for silence.
    package var pauseMax = Duration.seconds(2)

    package init() {}
}
