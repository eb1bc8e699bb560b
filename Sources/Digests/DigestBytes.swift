// The bytes of a digest, held without allocation, and their hexadecimal digits.

// Safety: each raw access is within a buffer of checked size.

/// Up to 32 bytes of a hash; their order is that of their hexadecimal digits.
struct DigestBytes: Hashable, Comparable, Sendable {
    // Big-endian, with zeros behind the last byte. Four words and not a vector, which would be aligned to 32 bytes.
    private var word0: UInt64 = 0
    private var word1: UInt64 = 0
    private var word2: UInt64 = 0
    private var word3: UInt64 = 0

    /// At most 32 bytes.
    init(_ bytes: UnsafeRawBufferPointer) {
        var padded = DigestBytes()
        unsafe withUnsafeMutableBytes(of: &padded) { unsafe $0.copyBytes(from: bytes) }
        self = padded.byteSwapped
    }

    /// Nil unless `digits` are the lower-case hexadecimal ones of `count` bytes, which are at most 32.
    init?(hex digits: Span<UInt8>, count: Int) {
        guard digits.count == count * 2 else { return nil }
        var padded = DigestBytes()
        let isHex = unsafe withUnsafeMutableBytes(of: &padded) { bytes in
            var seen: UInt8 = 0
            for index in 0..<count {
                let high = Hexadecimal.value(ofDigit: digits[2 * index])
                let low = Hexadecimal.value(ofDigit: digits[2 * index + 1])
                seen |= high | low
                unsafe bytes[index] = high << 4 | low & 15
            }
            return seen < 16
        }
        guard isHex else { return nil }
        self = padded.byteSwapped
    }

    private init() {}

    /// Between bytes in their order and words whose order is theirs.
    private var byteSwapped: DigestBytes {
        var swapped = self
        swapped.word0 = word0.bigEndian
        swapped.word1 = word1.bigEndian
        swapped.word2 = word2.bigEndian
        swapped.word3 = word3.bigEndian
        return swapped
    }

    /// Writes the digits of as many bytes as `output` has room for: a multiple of four.
    func writeHex(to output: UnsafeMutableRawBufferPointer) {
        for place in stride(from: 0, to: output.count, by: 8) {
            let half = UInt32(truncatingIfNeeded: word(place / 16) >> (place % 16 == 0 ? 32 : 0))
            let digits = Hexadecimal.digits(of: half).bigEndian
            unsafe output.storeBytes(of: digits, toByteOffset: place, as: UInt64.self)
        }
    }

    private func word(_ index: Int) -> UInt64 {
        switch index {
        case 0: word0
        case 1: word1
        case 2: word2
        default: word3
        }
    }

    /// The digits of the first `count` bytes, a multiple of four.
    func hex(count: Int) -> String {
        unsafe String(unsafeUninitializedCapacity: 2 * count) { output in
            let digits = unsafe UnsafeMutableRawBufferPointer(start: output.baseAddress, count: 2 * count)
            unsafe writeHex(to: digits)
            return 2 * count
        }
    }

    /// The first `count` bytes.
    func bytes(count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: word($0 / 8) >> UInt64(56 - 8 * ($0 % 8))) }
    }

    static func < (left: DigestBytes, right: DigestBytes) -> Bool {
        (left.word0, left.word1, left.word2, left.word3) < (right.word0, right.word1, right.word2, right.word3)
    }
}

extension StringProtocol {
    /// Hands over the UTF-8 bytes: a generic walk over them costs more than what is done with them.
    func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable({ unsafe body($0.span) }) { return result }
        var copy = String(self)
        return copy.withUTF8 { unsafe body($0.span) }
    }
}
