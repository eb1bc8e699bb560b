// Searching and cutting text by its bytes, as Go does: Swift's characters would join "\r\n" into one.

extension String {
    /// The offsets where `wanted` begins, not overlapping; at most `limit`. An empty text is found nowhere.
    func byteOffsets(of wanted: String, limit: Int = .max) -> [Int] {
        let text = Array(utf8)
        let pattern = Array(wanted.utf8)
        guard let first = pattern.first else { return [] }
        var offsets: [Int] = []
        var index = 0
        while index + pattern.count <= text.count, offsets.count < limit {
            if text[index] == first, text[index..<(index + pattern.count)].elementsEqual(pattern) {
                offsets.append(index)
                index += pattern.count
            } else {
                index += 1
            }
        }
        return offsets
    }

    func containsBytes(_ wanted: String) -> Bool {
        wanted.isEmpty || !byteOffsets(of: wanted, limit: 1).isEmpty
    }

    func hasBytePrefix(_ prefix: String) -> Bool {
        utf8.starts(with: prefix.utf8)
    }

    func hasByteSuffix(_ suffix: String) -> Bool {
        utf8.count >= suffix.utf8.count && utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }

    /// Bytes from offset to offset; what is cut through becomes U+FFFD.
    func bytes(_ range: Range<Int>) -> String {
        let count = utf8.count
        let low = min(max(range.lowerBound, 0), count)
        let high = min(max(range.upperBound, low), count)
        return String(decoding: utf8.dropFirst(low).prefix(high - low), as: UTF8.self)
    }

    /// Parts between separators; an empty separator gives the Unicode scalars. At most `limit` parts.
    func parts(separatedBy separator: String, limit: Int = .max) -> [String] {
        if separator.isEmpty {
            guard limit < unicodeScalars.count else { return unicodeScalars.map { String(Character($0)) } }
            let head = unicodeScalars.prefix(limit - 1)
            let tail = String(String.UnicodeScalarView(unicodeScalars.dropFirst(limit - 1)))
            return head.map { String(Character($0)) } + [tail]
        }
        let text = Array(utf8)
        var parts: [String] = []
        var start = 0
        for offset in byteOffsets(of: separator, limit: limit - 1) {
            parts.append(String(decoding: text[start..<offset], as: UTF8.self))
            start = offset + separator.utf8.count
        }
        return parts + [String(decoding: text[start...], as: UTF8.self)]
    }

    /// All occurrences replaced. An empty `old` matches before each scalar and at the end.
    func replacingBytes(_ old: String, with new: String) -> String {
        guard old.isEmpty else { return parts(separatedBy: old).joined(separator: new) }
        return new + unicodeScalars.map { String(Character($0)) + new }.joined()
    }

    /// Without the scalars of `set` at both ends.
    func trimming(_ isTrimmed: (Unicode.Scalar) -> Bool) -> String {
        var view = unicodeScalars.drop(while: isTrimmed)
        while let last = view.last, isTrimmed(last) { view.removeLast() }
        return String(view)
    }
}

extension Unicode.Scalar {
    var isGoSpace: Bool { properties.isWhitespace }
}
