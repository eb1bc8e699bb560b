// werf's hash primitives: texts joined by `:::` and hashed (werf.md 0.3).

package enum JoinedHash {
    private static let separator = ":::"

    /// Lower-hex SHA-256 of `parts` joined by `:::`; of nothing, the hash of the empty text.
    package static func sha256(_ parts: [String]) -> String { hash(.sha256, parts) }

    /// Lower-hex SHA3-224 (FIPS 202) of `parts` joined by `:::`.
    package static func sha3(_ parts: [String]) -> String { hash(.sha3_224, parts) }

    /// MurmurHash3 (x86, 32 bits, seed 0) of `parts` joined by `:::`, as hexadecimal digits without leading zeros.
    package static func murmur(_ parts: [String]) -> String {
        String(Murmur3.hash(Array(parts.joined(separator: separator).utf8)), radix: 16)
    }

    private static func hash(_ algorithm: HashAlgorithm, _ parts: [String]) -> String {
        var hasher = Hasher(algorithm)
        for (index, part) in parts.enumerated() {
            if index > 0 { hasher.update(separator) }
            hasher.update(part)
        }
        return Hexadecimal.text(hasher.finish())
    }
}
