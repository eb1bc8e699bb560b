// Every bound on what a Dockerfile or an ignore file may ask of us, in one place.

package enum DockerfileLimits {
    /// Bytes of one file.
    package static let fileBytesMax = 16 << 20
    /// Bytes of one physical line with its newline: BuildKit's scanner refuses longer ones too.
    package static let lineBytesMax = 64 << 10
    /// Instructions in one file, `FROM` and global `ARG` included.
    package static let instructionsMax = 20_000
    /// Build stages in one file.
    package static let stagesMax = 1_000
    /// Levels of `${a:-${b:-...}}` inside one word.
    package static let expansionNestingMax = 64
    /// Bytes of one expanded word, at any level of nesting.
    package static let expansionBytesMax = 16 << 20
    /// Steps (states times characters) that matching the patterns of one word may take.
    package static let expansionStepsMax = 1_000_000
    /// Scalars in one pattern of `${x#pattern}` or `${x/pattern/...}`.
    package static let expansionPatternMax = 4_096
    /// Levels of arrays and objects in an exec form, as Go's JSON decoder has it.
    package static let jsonNestingMax = 10_000
    /// Bytes of one ignore pattern or source glob.
    package static let globBytesMax = 4_096
    /// Patterns in one ignore file.
    package static let ignorePatternsMax = 10_000
    /// Bytes of a word for which a similar known word is looked for.
    static let suggestionBytesMax = 64
    /// Bytes of the user's text that a message repeats.
    static let quotedBytesMax = 200
}
