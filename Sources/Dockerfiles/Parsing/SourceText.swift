// The checked bytes of one file, cut into lines, so that any byte can be named as file:line:column.

struct SourceText: Sendable {
    let file: String
    let bytes: [UInt8]
    /// Where each line begins; the newline belongs to the line that it ends.
    private let lineStarts: [Int]

    var lineCount: Int { lineStarts.count }

    /// Refuses what no builder could read: too many bytes, a line beyond the limit, NUL, text that is not UTF-8.
    init(_ bytes: [UInt8], file: String) throws(DockerfileError) {
        self.file = file
        self.bytes = bytes
        guard bytes.count <= DockerfileLimits.fileBytesMax else {
            let limit = DockerfileLimits.fileBytesMax >> 20
            let message = "the file has \(bytes.count) bytes, more than the \(limit) MiB that are read"
            throw DockerfileError(location: SourceLocation(file: file, line: 1), message: message)
        }
        var starts: [Int] = bytes.isEmpty ? [] : [0]
        for (index, byte) in bytes.enumerated() where byte == 0x0A && index + 1 < bytes.count {
            starts.append(index + 1)
        }
        lineStarts = starts
        try checkLines()
        try checkText()
    }

    /// The bytes of a line, its newline included.
    func line(_ index: Int) -> ArraySlice<UInt8> {
        let end = index + 1 < lineStarts.count ? lineStarts[index + 1] : bytes.count
        return bytes[lineStarts[index]..<end]
    }

    func location(ofByte offset: Int, endLine: Int? = nil) -> SourceLocation {
        let index = lineIndex(ofByte: offset)
        let start = index < lineStarts.count ? lineStarts[index] : 0
        let before = bytes[start..<max(start, min(offset, bytes.count))]
        let column = before.reduce(1) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
        return SourceLocation(file: file, line: index + 1, column: column, endLine: endLine)
    }

    /// Gives a fault its place: its offset counts in `logical`, or in the file when there is no logical line yet.
    func error(_ fault: Fault, in logical: LogicalLine? = nil, endLine: Int? = nil) -> DockerfileError {
        let offset = fault.offset ?? logical?.bytes.firstIndex { !$0.isBlank } ?? 0
        let place = location(ofByte: logical?.sourceOffset(of: offset) ?? offset, endLine: endLine)
        return DockerfileError(location: place, message: fault.message, hint: fault.hint)
    }

    private func lineIndex(ofByte offset: Int) -> Int {
        var low = 0
        var high = lineStarts.count
        while low < high {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle + 1 } else { high = middle }
        }
        return max(0, low - 1)
    }

    private func checkLines() throws(DockerfileError) {
        for index in lineStarts.indices where line(index).count > DockerfileLimits.lineBytesMax {
            throw DockerfileError(
                location: SourceLocation(file: file, line: index + 1),
                message:
                    "the line has \(line(index).count) bytes, more than the \(DockerfileLimits.lineBytesMax) allowed",
                hint: "break it with the escape character at the end of a line"
            )
        }
    }

    private func checkText() throws(DockerfileError) {
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            throw DockerfileError(
                location: location(ofByte: error.byteOffsets.lowerBound),
                message: "the text is not UTF-8",
                hint: "save the file as UTF-8"
            )
        }
        if let zero = bytes.firstIndex(of: 0) {
            throw DockerfileError(location: location(ofByte: zero), message: "the text contains a NUL byte")
        }
    }
}
