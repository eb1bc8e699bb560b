// A blob in parts, all of one size but the last, and which of them are there.
import Digests

/// How a blob falls into parts.
package struct BlobParts: Hashable, Sendable {
    /// Bytes of a part: long enough that asking for it costs nothing beside it. All nodes of a mesh use the same.
    package static let byteCount: Int64 = 4 << 20
    /// Parts of the largest blob that is fetched in parts: 64 GiB.
    package static let countMax = 16_384

    /// Bytes of the blob.
    package let size: Int64
    package let count: Int

    /// Nil for an empty blob, and one of more than `countMax` parts.
    package init?(size: Int64) {
        guard size > 0, size <= Int64(Self.countMax) * Self.byteCount else { return nil }
        self.size = size
        count = Int((size + Self.byteCount - 1) / Self.byteCount)
    }

    package func bytes(of part: Int) -> Range<Int64> {
        let first = Int64(part) * Self.byteCount
        return first..<min(first + Self.byteCount, size)
    }

    /// The parts that have any of these bytes, which are some of the blob's.
    package func covering(_ bytes: Range<Int64>) -> Range<Int> {
        Int(bytes.lowerBound / Self.byteCount)..<Int((bytes.upperBound + Self.byteCount - 1) / Self.byteCount)
    }
}

/// Some parts of a blob: a bit for each, the first in the lowest bit of the first byte.
package struct PartSet: Hashable, Sendable {
    /// Parts of the blob.
    package let count: Int
    /// Parts that are in the set.
    package private(set) var memberCount: Int
    private var bytes: [UInt8]

    package init(count: Int) {
        self.count = count
        memberCount = 0
        bytes = [UInt8](repeating: 0, count: (count + 7) / 8)
    }

    package init(allOf count: Int) {
        self.init(count: count)
        for part in 0..<count { insert(part) }
    }

    /// Nil unless `hex` is what `hex` of a set of so many parts is.
    package init?(hex: some StringProtocol, count: Int) {
        self.init(count: count)
        guard let given = Hexadecimal.bytes(hex), given.count == bytes.count else { return nil }
        if let last = given.last, count % 8 != 0, last >> (count % 8) != 0 { return nil }
        bytes = given
        memberCount = given.reduce(0) { $0 + $1.nonzeroBitCount }
    }

    /// Two lower-case hexadecimal digits for each byte.
    package var hex: String { Hexadecimal.text(bytes) }

    package var isFull: Bool { memberCount == count }

    package func contains(_ part: Int) -> Bool { bytes[part / 8] & (1 << (part % 8)) != 0 }

    package mutating func insert(_ part: Int) {
        guard !contains(part) else { return }
        bytes[part / 8] |= 1 << (part % 8)
        memberCount += 1
    }
}
