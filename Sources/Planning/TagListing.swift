// The tags of a repo, read once: which stages are published, which were rejected, which names are managed.
package import Digests

/// One listing of a repo's tags.
package struct TagListing: Sendable {
    /// Timestamps of each digest, ascending, once each; rejected ones included.
    private var published: [StageDigest: [Int64]] = [:]
    private var rejected: [StageDigest: Set<Int64>] = [:]
    /// A stage that a clock of the future published: neither chosen nor counted, or all that is built on it, and
    /// all that is published later under its digest, would bear the wrong time, too.
    package private(set) var ahead: StageID?
    /// Everything that is no stage: service tags and strangers.
    package private(set) var others: Set<String> = []

    package static let rejectedSuffix = "-rejected"

    private let latest: Int64

    /// `now`: unix milliseconds of this host; nil believes every time.
    package init(_ tags: some Sequence<String> = [], now: Int64? = nil) {
        latest = now.map { $0 + Timestamps.aheadMax } ?? Timestamps.greatest
        for tag in tags { insert(tag) }
        // A registry may repeat a tag at the border of two pages.
        for digest in published.keys { published[digest] = Set(published[digest] ?? []).sorted() }
    }

    private mutating func insert(_ tag: String) {
        if let id = StageID(tag: tag) {
            guard id.timestamp <= latest else {
                ahead = ahead ?? id
                return
            }
            published[id.digest, default: []].append(id.timestamp)
        } else if tag.hasSuffix(Self.rejectedSuffix), let id = StageID(tag: tag.dropLast(Self.rejectedSuffix.count)) {
            guard id.timestamp <= latest else { return }
            rejected[id.digest, default: []].insert(id.timestamp)
        } else {
            others.insert(tag)
        }
    }

    /// The stages of `digest` that may be chosen: not rejected, not older than what they are built on; oldest first.
    ///
    /// werf hides a stage when a rejected one of any digest has its timestamp; here the digests must be equal too.
    package func candidates(of digest: StageDigest, notBefore parent: Int64 = 0) -> [StageID] {
        let rejected = rejected[digest] ?? []
        return (published[digest] ?? []).filter { $0 >= parent && !rejected.contains($0) }
            .map { StageID(digest: digest, timestamp: $0) }
    }

    /// werf's rule for stages without git mappings: the oldest (werf.md 3.2).
    package func choice(of digest: StageDigest, notBefore parent: Int64 = 0) -> StageID? {
        candidates(of: digest, notBefore: parent).first
    }

    /// The greatest timestamp ever given for `digest`, rejected ones included; nil when there is none.
    package func greatestTimestamp(of digest: StageDigest) -> Int64? {
        let given = published[digest]?.last
        return [given, rejected[digest]?.max()].compactMap { $0 }.max()
    }

    /// Whether the tag is there, rejected or not.
    package func contains(_ id: StageID) -> Bool { published[id.digest]?.contains(id.timestamp) ?? false }

    package var stageCount: Int { published.values.reduce(0) { $0 + $1.count } }
}
