// The timestamp of a new publication: never used before, never older than what it is built on.
import Digests

package enum Timestamps {
    /// 13 decimal digits: the tag has no room for more, which lasts until the year 2286.
    package static let greatest: Int64 = 9_999_999_999_999

    /// Milliseconds that a publication may be ahead of this host's clock and still be believed (design 5.7).
    package static let aheadMax: Int64 = 10 * 60 * 1_000

    /// The greater of `now`, one more than the greatest ever given for the digest, and the parent's (unix ms).
    ///
    /// A result above `greatest` fits no tag: somebody gave the last moment away, and nothing more can be published
    /// under this digest.
    package static func next(now: Int64, greatestGiven: Int64?, parent: Int64?) -> Int64 {
        max(now, min(greatestGiven ?? -1, greatest) + 1, parent ?? 0)
    }
}
