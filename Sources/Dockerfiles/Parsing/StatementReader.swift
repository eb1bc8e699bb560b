// Physical lines to statements: directives, comments, continuation lines, here-documents.

struct StatementReader {
    private let source: SourceText
    private var next = 0
    private var directiveReader = DirectiveReader()
    private(set) var warnings: [DockerfileWarning] = []

    var directives: Directives { directiveReader.directives }

    init(_ source: SourceText) { self.source = source }

    /// A statement with the line it was cut from; lines count from 1.
    struct Located {
        var statement: Statement
        let line: LogicalLine
        let lastLine: Int
    }

    /// The next statement, or nil at the end of the file.
    mutating func read() throws(DockerfileError) -> Located? {
        while next < source.lineCount {
            let physical = takeLine()
            let line = beginning(of: physical, isFirst: next == 1)
            do {
                try directiveReader.read(line)
            } catch {
                throw source.error(error)
            }
            var logical = LogicalLine(start: line.startIndex)
            let isContinued = append(isComment(line) ? line.prefix(0) : line, to: &logical)
            if isContinued {
                joinContinuations(&logical)
            } else if logical.bytes.isEmpty {
                continue
            }
            return try statement(logical)
        }
        return nil
    }

    private mutating func takeLine() -> ArraySlice<UInt8> {
        next += 1
        return source.line(next - 1)
    }

    /// Without newline and leading white space, and on the first line without byte order mark.
    private func beginning(of line: ArraySlice<UInt8>, isFirst: Bool) -> ArraySlice<UInt8> {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let line = isFirst && line.starts(with: mark) ? line.dropFirst(mark.count) : line
        return line.trimmingNewline().trimmingLeadingSpace()
    }

    private func isComment(_ line: ArraySlice<UInt8>) -> Bool {
        line.trimmingLeadingSpace().first == UInt8(ascii: "#")
    }

    /// Joins `line` without the escape character that continues it; true if it is continued. An escape character
    /// behind another one is text.
    private func append(_ line: ArraySlice<UInt8>, to logical: inout LogicalLine) -> Bool {
        let escape = directives.escape.byte
        var end = line.endIndex
        while end > line.startIndex, line[end - 1] == 0x20 || line[end - 1] == 0x09 { end -= 1 }
        let isContinued =
            end > line.startIndex && line[end - 1] == escape
            && (end - 1 == line.startIndex || line[end - 2] != escape)
        logical.append(isContinued ? line[..<(end - 1)] : line)
        return isContinued
    }

    /// Comments and empty lines between continuation lines vanish; leading blanks of the lines stay.
    private mutating func joinContinuations(_ logical: inout LogicalLine) {
        var hasWarned = false
        while next < source.lineCount {
            let line = takeLine().trimmingNewline()
            if isComment(line) { continue }
            if line.trimmingLeadingSpace().isEmpty {
                if !hasWarned { warn("empty continuation line", line: next) }
                hasWarned = true
                continue
            }
            guard append(line, to: &logical) else { return }
        }
    }

    private mutating func statement(_ logical: LogicalLine) throws(DockerfileError) -> Located {
        var statement: Statement
        do {
            statement = try Statement(logical.bytes[...], escape: directives.escape)
        } catch {
            throw source.error(error, in: logical, endLine: next)
        }
        if statement.takesHeredocs, logical.bytes[...].containsDoubled(UInt8(ascii: "<")) {
            for heredoc in Heredoc.announced(in: statement.original) {
                statement.heredocs.append(try content(of: heredoc, for: logical))
            }
        }
        return Located(statement: statement, line: logical, lastLine: next)
    }

    private mutating func content(
        of heredoc: Heredoc, for logical: LogicalLine
    ) throws(DockerfileError) -> Heredoc {
        let start = next
        while next < source.lineCount {
            let line = takeLine().trimmingNewline()
            let candidate = heredoc.chomps ? line.trimmingLeadingTabs() : line
            guard candidate.elementsEqual(heredoc.name.utf8) else { continue }
            var result = heredoc
            result.content = (start..<(next - 1)).map { source.line($0).text }.joined()
            return result
        }
        throw DockerfileError(
            location: source.location(ofByte: logical.sourceOffset(of: 0), endLine: next),
            message: "unterminated heredoc \(quoted(heredoc.name))",
            hint: "end it with a line that holds nothing but the name"
        )
    }

    private mutating func warn(_ message: String, line: Int) {
        let location = SourceLocation(file: source.file, line: line)
        warnings.append(DockerfileWarning(location: location, message: message))
    }
}
