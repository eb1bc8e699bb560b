// Which of the 256 buckets of a member table are meant.

package struct BucketSet: Hashable, Sendable {
    package static let bucketsCount = 256

    /// Four words of 64 bits.
    package private(set) var words: [UInt64]

    package init() { words = [0, 0, 0, 0] }

    init(words: [UInt64]) { self.words = words }

    package var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    package func contains(_ bucket: Int) -> Bool { words[bucket >> 6] >> UInt64(bucket & 63) & 1 == 1 }

    package mutating func insert(_ bucket: Int) { words[bucket >> 6] |= 1 << UInt64(bucket & 63) }
}
