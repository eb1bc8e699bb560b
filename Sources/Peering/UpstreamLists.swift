// Lists as upstreams gave them a moment ago: the pages of one list cost one question.
import Building
import Synchronization

enum UpstreamListLimits {
    /// How long pages come from the list that the first one was of.
    static let freshTime = Duration.seconds(60)
    /// Lists of one kind that are kept.
    static let listsMax = 32
    /// Tags of all of them.
    static let tagsMax = 200_000
    /// Bytes of all lists of referrers.
    static let referrerBytesMax = 32 << 20
}

/// `Key`: what the list is of.
final class UpstreamLists<Key: Hashable & Sendable & CustomStringConvertible, List: Sendable>: Sendable {
    struct TooLong: Error, CustomStringConvertible {
        let description: String
    }

    private struct Kept {
        let list: List
        let size: Int
        let time: ContinuousClock.Instant
    }

    private let sizeMax: Int
    private let size: @Sendable (List) -> Int
    private let now: @Sendable () -> ContinuousClock.Instant
    private let kept = Mutex<[Key: Kept]>([:])
    /// One list at a time comes from a place: each may be long.
    private let gate = KeyedFlights<String>()

    /// - Parameter sizeMax: of all lists that are kept, and so of each.
    init(
        sizeMax: Int, size: @escaping @Sendable (List) -> Int,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        (self.sizeMax, self.size, self.now) = (sizeMax, size, now)
    }

    /// The list as it was at `oldest` or later. `fetch`: nil when there is none.
    func list(
        of key: Key, at place: String, notBefore oldest: ContinuousClock.Instant, fetch: () async throws -> List?
    ) async throws -> List? {
        if let list = known(key, oldest) { return list }
        return try await gate.run(place) {
            if let list = known(key, oldest) { return list }
            let time = now()
            guard let list = try await fetch() else { return nil }
            let size = size(list)
            guard size <= sizeMax else { throw TooLong(description: "\(key): its list is too long") }
            keep(Kept(list: list, size: size, time: time), of: key)
            return list
        }
    }

    /// What `notBefore` means for the first page of a list, and for those behind it.
    func oldest(isNewList: Bool) -> ContinuousClock.Instant {
        isNewList ? now() : now() - UpstreamListLimits.freshTime
    }

    private func known(_ key: Key, _ oldest: ContinuousClock.Instant) -> List? {
        kept.withLock { kept in kept[key].flatMap { $0.time >= oldest ? $0.list : nil } }
    }

    private func keep(_ list: Kept, of key: Key) {
        kept.withLock { kept in
            kept = kept.filter { $0.value.time + UpstreamListLimits.freshTime > list.time }
            kept[key] = nil
            var size = kept.values.reduce(list.size) { $0 + $1.size }
            while size > sizeMax || kept.count >= UpstreamListLimits.listsMax,
                let oldest = kept.min(by: { $0.value.time < $1.value.time })
            {
                kept[oldest.key] = nil
                size -= oldest.value.size
            }
            kept[key] = list
        }
    }
}
