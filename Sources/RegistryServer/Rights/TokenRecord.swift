// How a token is kept: never itself.
import Digests

/// A token is long and random, so one hash of it is enough.
package struct TokenRecord: Hashable, Sendable {
    /// Whom it stands for.
    package let user: String
    private let hash: [UInt8]

    /// Nil unless `hash` are the 64 hexadecimal digits of the token's SHA-256.
    package init?(user: String, hash: String) {
        guard Hexadecimal.isText(hash, count: 64) else { return nil }
        self.user = user
        let digits = hash.utf8.map { $0 < 58 ? $0 - 48 : $0 - 87 }
        self.hash = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    func isRight(_ tokenHash: [UInt8]) -> Bool { SteadyComparison.areEqual(hash, tokenHash) }
}
