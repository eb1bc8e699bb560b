// Tagged fields to bytes: the form of every packet.

/// A field is a key byte (tag * 2 + form), then a number (form 0, LEB128) or a length and so many bytes (form 1).
/// A reader passes over tags that it doesn't know, so that newer peers may add some.
package struct FieldWriter {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func byte(_ byte: UInt8) { bytes.append(byte) }

    /// `tag` is 0 to 127.
    package mutating func number(_ tag: UInt8, _ value: UInt64) {
        bytes.append(tag << 1)
        append(value)
    }

    package mutating func data(_ tag: UInt8, _ content: some Collection<UInt8>) {
        bytes.append(tag << 1 | 1)
        append(UInt64(content.count))
        bytes += content
    }

    package mutating func text(_ tag: UInt8, _ text: String) { data(tag, text.utf8) }

    package mutating func signed(_ tag: UInt8, _ signed: SignedBytes) {
        bytes.append(tag << 1 | 1)
        append(UInt64(signed.encodedCount))
        data(SignedTag.body, signed.body)
        data(SignedTag.signature, signed.signature)
    }

    /// Little-endian, eight bytes each.
    package mutating func words(_ tag: UInt8, _ words: [UInt64]) {
        bytes.append(tag << 1 | 1)
        append(UInt64(words.count * 8))
        for word in words { append(word: word) }
    }

    private mutating func append(word: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }

    package mutating func append(_ value: UInt64) {
        var rest = value
        while rest > 127 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Bytes that a number takes after its key byte.
    package static func numberCount(_ value: UInt64) -> Int {
        max((64 - value.leadingZeroBitCount + 6) / 7, 1)
    }

    /// Bytes of a whole field of `count` bytes.
    package static func bytesCount(_ count: Int) -> Int { 1 + numberCount(UInt64(count)) + count }
}

enum SignedTag {
    static let body: UInt8 = 1
    static let signature: UInt8 = 2
}

extension Int64 {
    /// Small numbers of either sign as small numbers without one.
    package var zigzag: UInt64 { UInt64(bitPattern: (self << 1) ^ (self >> 63)) }

    package init(zigzag value: UInt64) { self = Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }
}
