// werf's hash primitives: texts joined by `:::` and hashed (werf.md 0.3).

package enum JoinedHash {
    static let separator = ":::"

    /// Lower-hex SHA-256 of `parts` joined by `:::`; of nothing, the hash of the empty text.
    package static func sha256(_ parts: [String]) -> String {
        var hasher = Hasher(.sha256)
        for (index, part) in parts.enumerated() {
            if index > 0 { hasher.update(separator) }
            hasher.update(part)
        }
        return BlobDigest(finishing: hasher).hex
    }

    /// Lower-hex SHA3-224 (FIPS 202) of `parts` joined by `:::`.
    package static func sha3(_ parts: [String]) -> String { StageDigest(of: parts).hex }

    /// MurmurHash3 (x86, 32 bits, seed 0) of `parts` joined by `:::`, as hexadecimal digits without leading zeros.
    package static func murmur(_ parts: [String]) -> String {
        String(Murmur3.hash(Array(parts.joined(separator: separator).utf8)), radix: 16)
    }
}
