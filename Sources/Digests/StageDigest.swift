// The content name of a stage, and the name under which one was published.

/// SHA3-224 of a stage's inputs as werf computes it: 56 lower-case hexadecimal digits.
package struct StageDigest: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let hex: String

    package init?(_ hex: some StringProtocol) {
        guard Hexadecimal.isText(hex, count: 56) else { return nil }
        self.hex = String(hex)
    }

    /// The digest of `parts`, joined by `:::`.
    package init(of parts: [String]) { hex = JoinedHash.sha3(parts) }

    package var description: String { hex }

    package static func < (left: StageDigest, right: StageDigest) -> Bool { left.hex < right.hex }
}

/// `DIGEST-TIMESTAMP`, the tag of a published stage. Ordered by time, then digest: the oldest is chosen.
package struct StageID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let digest: StageDigest
    /// Unix time in milliseconds; 13 digits in the tag.
    package let timestamp: Int64

    package init(digest: StageDigest, timestamp: Int64) {
        self.digest = digest
        self.timestamp = timestamp
    }

    /// Nil unless `tag` is 56 hexadecimal digits, `-`, and 13 decimal digits.
    package init?(tag: some StringProtocol) {
        let parts = tag.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let digest = StageDigest(parts[0]), parts[1].utf8.count == 13,
            parts[1].utf8.allSatisfy({ (48...57).contains($0) }), let timestamp = Int64(parts[1])
        else { return nil }
        self.init(digest: digest, timestamp: timestamp)
    }

    package var description: String {
        let digits = String(timestamp)
        return digest.hex + "-" + String(repeating: "0", count: max(0, 13 - digits.utf8.count)) + digits
    }

    package static func < (left: StageID, right: StageID) -> Bool {
        (left.timestamp, left.digest) < (right.timestamp, right.digest)
    }
}
