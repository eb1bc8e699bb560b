// What went wrong in a template, and where.

package struct TemplateError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file that holds the template.
    package let file: String
    /// From 1.
    package let line: Int
    /// From 1, in characters.
    package let column: Int
    /// A sentence without its place.
    package let problem: String
    /// The places of `include`, `tpl` and `template` that led here, innermost first; the outer ones may be cut.
    package internal(set) var callers: [String] = []

    static let maximumCallers = 8

    init(file: String, line: Int, column: Int, problem: String) {
        self.file = file
        self.line = line
        self.column = column
        self.problem = problem
    }

    package var place: String { "\(file):\(line):\(column)" }

    package var description: String {
        let chain = callers.map { "\n  called from \($0)" }.joined()
        return "\(place): \(problem)\(chain)"
    }

    func called(from place: String) -> TemplateError {
        guard callers.count < Self.maximumCallers else { return self }
        var error = self
        error.callers.append(place)
        return error
    }
}

/// A file's text with the places of its offsets.
struct TemplateSource: Sendable {
    let file: String
    let bytes: [UInt8]

    init(file: String, text: String) {
        self.file = file
        bytes = Array(text.utf8)
    }

    func error(_ offset: Int, _ problem: String) -> TemplateError {
        let (line, column) = position(offset)
        return TemplateError(file: file, line: line, column: column, problem: problem)
    }

    func place(_ offset: Int) -> String {
        let (line, column) = position(offset)
        return "\(file):\(line):\(column)"
    }

    private func position(_ offset: Int) -> (line: Int, column: Int) {
        let before = bytes[..<min(max(offset, 0), bytes.count)]
        let newline = UInt8(ascii: "\n")
        let start = before.lastIndex(of: newline).map { $0 + 1 } ?? 0
        // Continuation bytes of UTF-8 are no characters of their own.
        let column = before[start...].count { $0 & 0xC0 != 0x80 }
        return (before.count { $0 == newline } + 1, column + 1)
    }
}
