// Cuts bytes that come in pieces into lines, bounded.

struct LineCutter {
    private let bytesMax: Int
    private var rest: [UInt8] = []
    /// What is left of a line that was too long.
    private var isSkipping = false

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// A line without its end, or the beginning of one that is longer than allowed.
    enum Line: Equatable {
        case whole([UInt8])
        case cut([UInt8])
    }

    /// The lines that end in `piece`.
    mutating func take(_ piece: some Collection<UInt8>) -> [Line] {
        var lines: [Line] = []
        var parts = piece.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
        while let part = parts.popFirst() {
            if !isSkipping { rest += part.prefix(bytesMax - rest.count + 1) }
            if rest.count > bytesMax {
                lines.append(.cut(Array(rest.prefix(bytesMax))))
                rest = []
                isSkipping = true
            }
            guard !parts.isEmpty else { return lines }
            if !isSkipping { lines.append(.whole(rest)) }
            rest = []
            isSkipping = false
        }
        return lines
    }

    /// A last line that has no end.
    mutating func finish() -> [UInt8]? {
        defer { rest = [] }
        return rest.isEmpty ? nil : rest
    }
}
