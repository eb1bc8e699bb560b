// Reading checked UTF-8 as a slice of bytes that keeps its offsets: decoding, trimming, searching.

extension ArraySlice<UInt8> {
    var text: String { String(decoding: self, as: UTF8.self) }

    /// The scalar that begins at `index`, and its length in bytes. The bytes were checked to be UTF-8.
    func scalar(at index: Int) -> (scalar: Unicode.Scalar, length: Int) {
        let first = self[index]
        if first < 0x80 { return (Unicode.Scalar(first), 1) }
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard index + length <= endIndex else { return ("\u{FFFD}", 1) }
        var value = UInt32(first) & (0xFF >> UInt32(length + 1))
        for byte in self[(index + 1)..<(index + length)] { value = value << 6 | UInt32(byte & 0x3F) }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
    }

    /// Without leading Unicode white space.
    func trimmingLeadingSpace() -> Self {
        var start = startIndex
        while start < endIndex {
            let (scalar, length) = scalar(at: start)
            guard scalar.isSpace else { break }
            start += length
        }
        return self[start...]
    }

    /// Without leading and trailing Unicode white space.
    func trimmingSpace() -> Self {
        var rest = trimmingLeadingSpace()
        while let last = rest.indices.last {
            var start = last
            while start > rest.startIndex, rest[start] & 0xC0 == 0x80 { start -= 1 }
            guard rest.scalar(at: start).scalar.isSpace else { break }
            rest = rest[..<start]
        }
        return rest
    }

    /// Without the carriage returns and newlines at its end.
    func trimmingNewline() -> Self {
        var end = endIndex
        while end > startIndex, self[end - 1] == 0x0A || self[end - 1] == 0x0D { end -= 1 }
        return self[..<end]
    }

    func trimmingLeadingTabs() -> Self { self.drop { $0 == 0x09 } }

    /// Whether two equal bytes stand side by side, as in `<<`.
    func containsDoubled(_ byte: UInt8) -> Bool { zip(self, dropFirst()).contains { $0 == byte && $1 == byte } }
}

extension Unicode.Scalar {
    /// Unicode's White_Space property, which is what Go calls a space.
    var isSpace: Bool {
        if isASCII { return self == " " || (0x09...0x0D).contains(value) }
        return properties.isWhitespace
    }

    /// What separates words of most instructions: ASCII blanks only.
    var isBlank: Bool { self == " " || (0x09...0x0D).contains(value) && value != 0x0A }
}

extension UInt8 {
    var isBlank: Bool { Unicode.Scalar(self).isBlank }
}
