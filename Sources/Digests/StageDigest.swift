// The content name of a stage, and the name under which one was published.

/// SHA3-224 of a stage's inputs as werf computes it: 56 lower-case hexadecimal digits.
package struct StageDigest: Hashable, Comparable, Sendable, CustomStringConvertible {
    static let byteCount = 28
    private let bytes: DigestBytes

    /// Nil unless `hex` is 56 lower-case hexadecimal digits.
    package init?(_ hex: some StringProtocol) {
        guard let digest = hex.withBytes({ StageDigest(hex: $0) }) else { return nil }
        self = digest
    }

    fileprivate init?(hex digits: Span<UInt8>) {
        guard let bytes = DigestBytes(hex: digits, count: Self.byteCount) else { return nil }
        self.bytes = bytes
    }

    /// `bytes` are 28.
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = unsafe DigestBytes(bytes) }

    /// The digest of `parts`, joined by `:::`.
    package init(of parts: [String]) {
        var text = JoinedTexts()
        for part in parts { text.add(part) }
        text.endText()
        self = text.stageDigests()[0]
    }

    package var hex: String { bytes.hex(count: Self.byteCount) }

    /// 28 bytes.
    package var rawBytes: [UInt8] { bytes.bytes(count: Self.byteCount) }

    package var description: String { hex }

    package static func < (left: StageDigest, right: StageDigest) -> Bool { left.bytes < right.bytes }
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
        guard let id = tag.withBytes({ StageID(tag: $0) }) else { return nil }
        self = id
    }

    private static let timestampDigits = 13

    private init?(tag: Span<UInt8>) {
        let hexCount = 2 * StageDigest.byteCount
        guard tag.count == hexCount + 1 + Self.timestampDigits, tag[hexCount] == UInt8(ascii: "-"),
            let digest = StageDigest(hex: tag.extracting(..<hexCount))
        else { return nil }
        var timestamp: Int64 = 0
        for index in hexCount + 1..<tag.count {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(tag[index]) else { return nil }
            timestamp = timestamp * 10 + Int64(tag[index] - UInt8(ascii: "0"))
        }
        self.init(digest: digest, timestamp: timestamp)
    }

    package var description: String {
        let digits = String(timestamp)
        let zeros = String(repeating: "0", count: max(0, Self.timestampDigits - digits.utf8.count))
        return "\(digest)-\(zeros)\(digits)"
    }

    package static func < (left: StageID, right: StageID) -> Bool {
        (left.timestamp, left.digest) < (right.timestamp, right.digest)
    }
}
