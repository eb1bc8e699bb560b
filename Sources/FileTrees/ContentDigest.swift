// SHA-256 of a file's content as four words: what flat tables and arrays hold. `BlobDigest` is its text.
package import Digests

package struct ContentDigest: Hashable, Sendable {
    // Four words and no vector: an array of vectors would leave gaps.
    private let first, second, third, fourth: UInt64

    /// The bytes, eight to a word, the first in its highest place.
    var words: SIMD4<UInt64> { [first, second, third, fourth] }

    init(words: SIMD4<UInt64>) { (first, second, third, fourth) = (words[0], words[1], words[2], words[3]) }

    /// Of what `hasher`, a SHA-256 one, was given; it is to be restarted then.
    init(finishing hasher: inout Hasher) {
        var words = SIMD4<UInt64>()
        unsafe withUnsafeMutableBytes(of: &words) { unsafe hasher.finish(into: $0) }
        self.init(words: [words[0].bigEndian, words[1].bigEndian, words[2].bigEndian, words[3].bigEndian])
    }

    package init(of bytes: [UInt8]) {
        var hasher = Hasher(.sha256)
        hasher.update(bytes)
        self.init(finishing: &hasher)
    }

    /// Adds 64 lower-case hexadecimal digits to `text`.
    package func appendHex(to text: inout [UInt8]) {
        for word in words.indices {
            let word = words[word]
            for half in [UInt32(word >> 32), UInt32(truncatingIfNeeded: word)] {
                let digits = Self.digits(half).bigEndian
                unsafe withUnsafeBytes(of: digits) { unsafe text.append(contentsOf: $0) }
            }
        }
    }

    /// Eight digits, the highest in the highest byte.
    private static func digits(_ value: UInt32) -> UInt64 {
        var nibbles = UInt64(value)
        nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF
        nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles | nibbles << 4) & 0x0F0F_0F0F_0F0F_0F0F
        // 1 in each byte that holds more than 9; from the digit after `9` to `a` are 39 places.
        let letters = (nibbles + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return (nibbles | 0x3030_3030_3030_3030) + letters * 39
    }

    package var hex: String {
        var text: [UInt8] = []
        text.reserveCapacity(64)
        appendHex(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    package var blob: BlobDigest {
        guard let digest = BlobDigest(hex: hex) else { preconditionFailure("64 hexadecimal digits are a digest") }
        return digest
    }
}
