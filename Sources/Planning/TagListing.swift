// The tags of a repo, read once: which stages are published, which were rejected, which names are managed.
package import Digests

/// One listing of a repo's tags.
package struct TagListing: Sendable {
    /// Timestamps of each digest, ascending.
    private var published: [StageDigest: [Int64]] = [:]
    private var rejected: Set<StageID> = []
    /// Everything that is no stage: service tags and strangers.
    package private(set) var others: Set<String> = []

    package static let rejectedSuffix = "-rejected"

    package init(_ tags: some Sequence<String> = []) {
        for tag in tags { insert(tag) }
        for digest in published.keys { published[digest]?.sort() }
    }

    private mutating func insert(_ tag: String) {
        if let id = StageID(tag: tag) {
            published[id.digest, default: []].append(id.timestamp)
        } else if tag.hasSuffix(Self.rejectedSuffix), let id = StageID(tag: tag.dropLast(Self.rejectedSuffix.count)) {
            rejected.insert(id)
        } else {
            others.insert(tag)
        }
    }

    /// The stages of `digest` that may be chosen: not rejected, not older than what they are built on; oldest first.
    ///
    /// werf hides a stage when a rejected one of any digest has its timestamp; here the digests must be equal too.
    package func candidates(of digest: StageDigest, notBefore parent: Int64 = 0) -> [StageID] {
        (published[digest] ?? []).lazy.filter { $0 >= parent }
            .map { StageID(digest: digest, timestamp: $0) }
            .filter { !rejected.contains($0) }
    }

    /// werf's rule for stages without git mappings: the oldest (werf.md 3.2).
    package func choice(of digest: StageDigest, notBefore parent: Int64 = 0) -> StageID? {
        candidates(of: digest, notBefore: parent).first
    }

    /// The greatest timestamp ever given for `digest`, rejected ones included; nil when there is none.
    package func greatestTimestamp(of digest: StageDigest) -> Int64? {
        let given = published[digest]?.last
        let refused = rejected.lazy.filter { $0.digest == digest }.map(\.timestamp).max()
        return [given, refused].compactMap { $0 }.max()
    }

    package func contains(_ id: StageID) -> Bool { published[id.digest]?.contains(id.timestamp) ?? false }

    package var stageCount: Int { published.values.reduce(0) { $0 + $1.count } }
}
