// What is wrong with a configuration file, where, and what to do about it.

/// A place in a configuration file. Lines start at 1.
package struct ConfigLocation: Sendable, Hashable, CustomStringConvertible {
    package let file: String
    package let line: Int
    /// True when the line counts in the text after templates, and differs from the file's own lines.
    package let rendered: Bool

    package init(file: String, line: Int, rendered: Bool = false) {
        self.file = file
        self.line = line
        self.rendered = rendered
    }

    /// `werf.yaml:12`, or `the rendered werf.yaml:12`.
    package var description: String { rendered ? "the rendered \(file):\(line)" : "\(file):\(line)" }
}

package struct ConfigError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file, or the name of an option or argument.
    package let file: String
    package let line: Int?
    package let column: Int?
    /// The line counts in the text after templates.
    package let rendered: Bool
    /// A sentence without its place.
    package let problem: String
    /// What to do; a sentence.
    package let hint: String?

    package init(
        file: String, line: Int? = nil, column: Int? = nil, rendered: Bool = false, problem: String, hint: String? = nil
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.rendered = rendered
        self.problem = problem
        self.hint = hint
    }

    package var description: String {
        var place = rendered ? "the rendered \(file)" : file
        if let line { place += ":\(line)" }
        if line != nil, let column { place += ":\(column)" }
        return "\(place): \(problem)" + (hint.map { " \($0)" } ?? "")
    }
}
