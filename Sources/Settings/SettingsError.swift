// What is wrong with a node's or client's config file, where, and what to do about it.

package struct SettingsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// As it was named by the user.
    package let file: String
    /// From 1.
    package let line: Int
    package let column: Int
    /// A sentence without its place.
    package let problem: String
    /// What to do; a sentence.
    package let hint: String?

    /// `FILE:LINE:COLUMN: PROBLEM HINT`
    package var description: String { "\(file):\(line):\(column): \(problem)" + (hint.map { " \($0)" } ?? "") }
}
