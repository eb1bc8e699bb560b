// What a cleaning was asked for, and what it did.
package import Cleaning

package struct CleaningRequest: Hashable, Sendable {
    /// Bytes that the store may have; nil: no bound.
    package var budget: Int64?
    /// Bytes that stay free on the store's file system.
    package var reserve: Int64
    /// Seconds; what was not used for longer goes in any case. Nil: no age is too great.
    package var ageMax: Int64?
    /// Seconds for which whatever was used is left alone.
    package var recentSeconds: Int64
    package var kinds: Set<ItemKind>
    /// Only say what would go.
    package var isDryRun: Bool

    package init(
        budget: Int64? = nil, reserve: Int64 = 0, ageMax: Int64? = nil,
        recentSeconds: Int64 = CleaningTarget.recentSeconds, kinds: Set<ItemKind> = CleaningTarget.usual,
        isDryRun: Bool = false
    ) {
        self.budget = budget
        self.reserve = reserve
        self.ageMax = ageMax
        self.recentSeconds = recentSeconds
        self.kinds = kinds
        self.isDryRun = isDryRun
    }

    /// `available`: bytes that are free on the file system.
    func target(available: Int64) -> CleaningTarget {
        CleaningTarget(
            budget: budget, lacking: max(0, reserve - available), ageMax: ageMax, recentSeconds: recentSeconds,
            kinds: kinds)
    }
}

package struct CleaningReport: Hashable, Sendable {
    package struct Sum: Hashable, Sendable {
        package var count = 0
        package var byteCount: Int64 = 0
    }

    /// What went, or would go.
    package internal(set) var freed: [ItemKind: Sum] = [:]
    /// Bytes that stay, by the reason.
    package internal(set) var kept: [KeepReason: Int64] = [:]
    /// Items that were to go and came into use meanwhile.
    package internal(set) var skippedCount = 0
    /// Bytes that were to go and can't.
    package internal(set) var shortfall: Int64 = 0
    /// Bytes of all items before.
    package internal(set) var bytesBefore: Int64 = 0
    /// Bytes that are free on the file system afterwards.
    package internal(set) var available: Int64 = 0
    /// Sentences on what could not be removed.
    package internal(set) var failures: [String] = []

    package var freedBytes: Int64 { freed.values.reduce(0) { $0 + $1.byteCount } }

    /// Failures that are kept.
    private static let failuresMax = 16

    mutating func add(_ item: StoredItem) {
        freed[item.name.kind, default: Sum()].count += 1
        freed[item.name.kind, default: Sum()].byteCount += item.byteCount
    }

    mutating func add(failure: any Error) {
        if failures.count < Self.failuresMax { failures.append("\(failure)") }
    }
}
