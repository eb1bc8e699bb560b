// How the log is wanted: what the user's flags, the terminal and the environment came to.

package struct LogOptions: Sendable {
    package enum Level: Int, Comparable, Sendable {
        /// Only errors.
        case quiet
        case normal
        case verbose
        case debug

        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    package var level: Level
    /// Borders and glyphs.
    package var isPretty: Bool
    /// Colours of our own, and those of the steps' output.
    package var hasColours: Bool
    /// Columns at which the output of steps is wrapped; nil: never.
    package var width: Int?
    /// What stands in front of every line (`--log-time`), from the time since the start.
    package var timePrefix: (@Sendable (Duration) -> String)?

    package init(
        level: Level = .normal, isPretty: Bool = true, hasColours: Bool = false, width: Int? = nil,
        timePrefix: (@Sendable (Duration) -> String)? = nil
    ) {
        self.level = level
        self.isPretty = isPretty
        self.hasColours = hasColours
        self.width = width
        self.timePrefix = timePrefix
    }
}
