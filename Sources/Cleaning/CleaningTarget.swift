// How much is to go.

package struct CleaningTarget: Hashable, Sendable {
    /// Bytes that the items may have together; nil: no bound.
    package var budget: Int64?
    /// Bytes that are to go whatever the budget says: what the file system lacks of its reserve.
    package var lacking: Int64
    /// Seconds; what was not used for longer goes even where there is room. Nil: age alone is no reason.
    package var ageMax: Int64?
    /// Seconds for which whatever was used is left alone.
    package var recentSeconds: Int64
    /// What may go.
    package var kinds: Set<ItemKind>

    package init(
        budget: Int64? = nil, lacking: Int64 = 0, ageMax: Int64? = nil, recentSeconds: Int64 = Self.recentSeconds,
        kinds: Set<ItemKind> = Self.usual
    ) {
        self.budget = budget
        self.lacking = lacking
        self.ageMax = ageMax
        self.recentSeconds = recentSeconds
        self.kinds = kinds
    }

    /// Seconds: ten minutes.
    package static let recentSeconds: Int64 = 600

    /// What can be fetched or made again: neither images nor caches.
    package static let usual: Set<ItemKind> = [.step, .flattened, .memory, .partial, .blob, .layer]

    /// Bytes that are to go from items with `total` bytes.
    func bytesToFree(of total: Int64) -> Int64 { max(lacking, budget.map { total - $0 } ?? 0, 0) }
}
