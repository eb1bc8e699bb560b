// Globs of COPY and ADD sources, with the meaning of Go's filepath.Match.

/// `*` and `?` match anything but a slash, brackets match one of their characters, a backslash makes the next
/// character ordinary. The whole path has to match.
package struct GoGlob: Sendable, Equatable {
    package let pattern: String
    private let program: PathProgram

    package init(_ pattern: String) throws(GlobError) {
        var reader = try GlobReader(pattern)
        var nodes: [PathProgram.Node] = []
        while let scalar = reader.take() {
            switch scalar {
            case "*": if nodes.last != .loopButSlash { nodes.append(.loopButSlash) }
            case "?": nodes.append(.anyButSlash)
            case "[": nodes.append(.oneOf(try reader.bracket(negations: "^".unicodeScalars)))
            case "\\": nodes.append(.scalar(try reader.escaped()))
            default: nodes.append(.scalar(scalar))
            }
        }
        self.pattern = pattern
        program = PathProgram(nodes)
    }

    package func matches(_ path: String) -> Bool { program.matches(Array(path.unicodeScalars)[...]) }

    /// Whether `text` has a character that is special in a pattern.
    package static func isPattern(_ text: String) -> Bool {
        text.unicodeScalars.contains { "*?[\\".unicodeScalars.contains($0) }
    }
}
