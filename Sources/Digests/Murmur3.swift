// MurmurHash3, x86 32-bit (Austin Appleby, public domain algorithm): werf's short names use it.

enum Murmur3 {
    /// The hash of `bytes` with seed 0.
    static func hash(_ bytes: [UInt8]) -> UInt32 {
        var state: UInt32 = 0
        let blocks = bytes.count / 4
        for block in 0..<blocks {
            state ^= scrambled(word(bytes, at: block * 4, count: 4))
            state = rotated(state, by: 13) &* 5 &+ 0xe654_6b64
        }
        let rest = bytes.count - blocks * 4
        if rest > 0 { state ^= scrambled(word(bytes, at: blocks * 4, count: rest)) }
        return finalized(state ^ UInt32(truncatingIfNeeded: bytes.count))
    }

    private static func word(_ bytes: [UInt8], at start: Int, count: Int) -> UInt32 {
        var word: UInt32 = 0
        for index in 0..<count { word |= UInt32(bytes[start + index]) << UInt32(8 * index) }
        return word
    }

    private static func scrambled(_ word: UInt32) -> UInt32 {
        rotated(word &* 0xcc9e_2d51, by: 15) &* 0x1b87_3593
    }

    private static func rotated(_ value: UInt32, by bits: UInt32) -> UInt32 {
        (value << bits) | (value >> (32 - bits))
    }

    private static func finalized(_ value: UInt32) -> UInt32 {
        var value = value
        value ^= value >> 16
        value = value &* 0x85eb_ca6b
        value ^= value >> 13
        value = value &* 0xc2b2_ae35
        return value ^ (value >> 16)
    }
}
