// The name git gives to a blob, tree or commit.

/// SHA-1 (20 bytes) or SHA-256 (32 bytes) of a git object, held without allocation.
package struct ObjectID: Hashable, Sendable, CustomStringConvertible {
    let words: SIMD4<UInt64>
    /// 20 or 32.
    package let byteCount: UInt8

    /// Nil unless there are 20 or 32 bytes.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 20 || bytes.count == 32 else { return nil }
        var words = SIMD4<UInt64>()
        var (word, index) = (UInt64(0), 0)
        for byte in bytes {
            word = word << 8 | UInt64(byte)
            index += 1
            if index & 7 == 0 { words[index >> 3 - 1] = word }
        }
        // The last four bytes of a SHA-1 stand in the upper half of their word.
        if index == 20 { words[2] = word << 32 }
        self.words = words
        byteCount = UInt8(bytes.count)
    }

    /// Nil unless `hex` is 40 or 64 lower-case hexadecimal digits.
    package init?(hex: some Collection<UInt8>) {
        guard hex.count == 40 || hex.count == 64 else { return nil }
        var words = SIMD4<UInt64>()
        for (index, digit) in hex.enumerated() {
            guard let value = Self.value(ofDigit: digit) else { return nil }
            words[index >> 4] |= UInt64(value) << UInt64(60 - 4 * (index & 15))
        }
        self.words = words
        byteCount = UInt8(hex.count / 2)
    }

    package init?(_ hex: some StringProtocol) { self.init(hex: hex.utf8) }

    private static func value(ofDigit digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    package var bytes: [UInt8] { (0..<Int(byteCount)).map { self[byte: $0] } }

    package subscript(byte index: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: words[index >> 3] >> UInt64(56 - 8 * (index & 7)))
    }

    /// Adds the lower-case hexadecimal digits to `text`.
    package func appendHex(to text: inout [UInt8]) {
        for index in 0..<Int(byteCount) {
            let byte = self[byte: index]
            text.append(Self.digit(byte >> 4))
            text.append(Self.digit(byte & 15))
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    package var hex: String {
        var text: [UInt8] = []
        text.reserveCapacity(Int(byteCount) * 2)
        appendHex(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    package var description: String { hex }
}
