// Lists of tags as upstreams gave them a moment ago: the pages of one list cost one question.
import Building
import Images
import Synchronization

final class UpstreamTagLists: Sendable {
    /// How long pages come from the list that the first one was of.
    static let freshTime = Duration.seconds(60)
    /// Lists that are kept, and tags of all of them.
    static let listsMax = 32
    static let tagsMax = 200_000

    struct TooManyTags: Error, CustomStringConvertible {
        let repository: RepositoryName
        var description: String { "\(repository) has more than \(UpstreamTagLists.tagsMax) tags" }
    }

    private struct Kept {
        let tags: [String]
        let time: ContinuousClock.Instant
    }

    private let now: @Sendable () -> ContinuousClock.Instant
    private let kept = Mutex<[RepositoryName: Kept]>([:])
    /// One list at a time comes from an upstream: each may be long.
    private let gate = KeyedFlights<String>()

    init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) { self.now = now }

    /// In byte order. `fetch` gives them in any order; nil: there is no such repository.
    func tags(
        of repository: RepositoryName, at upstream: String, isNewList: Bool, fetch: () async throws -> [String]?
    ) async throws -> [String]? {
        if !isNewList, let tags = known(repository) { return tags }
        return try await gate.run(upstream) {
            guard let tags = try await fetch().map({ Set($0).sorted() }) else { return nil }
            guard tags.count <= Self.tagsMax else { throw TooManyTags(repository: repository) }
            keep(Kept(tags: tags, time: now()), of: repository)
            return tags
        }
    }

    private func known(_ repository: RepositoryName) -> [String]? {
        let now = now()
        return kept.withLock { kept in
            kept[repository].flatMap { $0.time + Self.freshTime > now ? $0.tags : nil }
        }
    }

    private func keep(_ list: Kept, of repository: RepositoryName) {
        kept.withLock { kept in
            kept = kept.filter { $0.value.time + Self.freshTime > list.time }
            kept[repository] = nil
            var tagCount = kept.values.reduce(list.tags.count) { $0 + $1.tags.count }
            while tagCount > Self.tagsMax || kept.count >= Self.listsMax,
                let oldest = kept.min(by: { $0.value.time < $1.value.time })
            {
                kept[oldest.key] = nil
                tagCount -= oldest.value.tags.count
            }
            kept[repository] = list
        }
    }
}
