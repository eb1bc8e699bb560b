// Where the bytes of a chunk belong in an upload: `Content-Range: 0-1023` (distribution-spec, "Pushing a blob in chunks").

struct ContentRange: Hashable, Sendable {
    let first: Int64
    /// The last byte itself.
    let last: Int64

    private static let digitsMax = 18

    /// Takes the form of RFC 9110, too: `bytes 0-1023/*`. Nil when it is neither.
    init?(_ text: String) {
        var text = text[...]
        if text.hasPrefix("bytes ") { text = text.dropFirst(6) }
        let parts = text.prefix { $0 != "/" }.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = Self.number(parts[0]), let last = Self.number(parts[1]), first <= last
        else { return nil }
        (self.first, self.last) = (first, last)
    }

    var count: Int64 { last - first + 1 }

    private static func number(_ text: Substring) -> Int64? {
        guard (1...digitsMax).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else {
            return nil
        }
        return Int64(text)
    }
}
