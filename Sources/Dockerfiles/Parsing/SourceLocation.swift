// A place in a Dockerfile or an ignore file, as people read it.

/// `line` and `column` count from 1; a column is a Unicode scalar. `endLine` is the last line of what begins here.
package struct SourceLocation: Sendable, Hashable, CustomStringConvertible {
    package let file: String
    package let line: Int
    package let column: Int
    package let endLine: Int

    package init(file: String, line: Int, column: Int = 1, endLine: Int? = nil) {
        self.file = file
        self.line = line
        self.column = column
        self.endLine = max(line, endLine ?? line)
    }

    /// `file:line:column`, as compilers print it.
    package var description: String { "\(file):\(line):\(column)" }
}
