// Which bytes of a blob a request wants: the header `Range` with one range (RFC 9110 14.1.2).

enum ByteRange: Hashable, Sendable {
    /// No range, several of them, or one that can't be read: the header counts as absent then.
    case whole
    case part(Range<Int64>)
    case unsatisfiable

    /// Digits of a number: more than any blob has.
    private static let digitsMax = 18

    static func read(_ header: String?, size: Int64) -> ByteRange {
        guard let header, header.hasPrefix("bytes=") else { return .whole }
        let parts = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = number(parts[0]), let last = number(parts[1]) else { return .whole }
        switch (first, last) {
        case (nil, nil): return .whole
        case (nil, .some(let count)):
            guard count > 0, size > 0 else { return .unsatisfiable }
            return .part(max(0, size - count)..<size)
        case (.some(let first), let last):
            if let last, last < first { return .whole }
            guard first < size else { return .unsatisfiable }
            return .part(first..<min(size, last.map { $0 + 1 } ?? size))
        }
    }

    /// `.some(nil)` for no digits; nil for what is no number.
    private static func number(_ text: Substring) -> Int64?? {
        let text = text.filter { $0 != " " }
        if text.isEmpty { return .some(nil) }
        guard text.utf8.count <= digitsMax, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int64(text)
    }
}
