// Makes room in a store that others use at the same time.
import Cleaning
package import Digests
import Layers
import SystemPackage

package struct StoreCleaner: Sendable {
    let store: Store
    private let owners: [any StoreClaims]
    private let layersOfStep: @Sendable ([UInt8]) -> [BlobDigest]?
    private var places: StorePlaces { StorePlaces(root: store.root) }

    /// Sizes of layers are those of their tars: where more room was hoped for, the cleaner looks again, so many times.
    private static let roundsMax = 4
    /// Tries to become the one who cleans, 5 ms from one to the next.
    private static let lockTriesMax = 40
    /// Groups that are taken away while the lock of the pins is held: milliseconds.
    private static let groupsAtOnce = 64

    /// - Parameters:
    ///   - owners: all who keep something in the store.
    ///   - layersOfStep: the layers that a step's record names; nil when it is of no use.
    package init(
        _ store: Store, owners: [any StoreClaims], layersOfStep: @escaping @Sendable ([UInt8]) -> [BlobDigest]?
    ) {
        self.store = store
        self.owners = owners
        self.layersOfStep = layersOfStep
    }

    /// Frees what `request` asks for. Nil while another process cleans the store. `checkpoint` may end it between any
    /// two steps; the store is whole at each, and what is then left in its trash is removed by the next cleaning.
    package func clean(
        _ request: CleaningRequest, checkpoint: () throws -> Void = {}
    ) throws -> CleaningReport? {
        try clean(request, now: UnixTime.seconds, checkpoint)
    }

    func clean(_ request: CleaningRequest, now: Int64, _ checkpoint: () throws -> Void) throws -> CleaningReport? {
        guard let lock = try lock() else { return nil }
        defer { withExtendedLifetime(lock) {} }
        try store.pins.settle()
        if !request.isDryRun { try emptyTrash(checkpoint) }
        var report = CleaningReport()
        for round in 0..<Self.roundsMax {
            let available = try Disk.availableBytes(store.root)
            let (plan, owned) = try plan(request.target(available: available), now)
            if round == 0 { report.bytesBefore = plan.total }
            (report.kept, report.shortfall) = (plan.kept, plan.shortfall)
            guard !request.isDryRun else {
                for item in plan.groups.flatMap(\.items) { report.add(item) }
                break
            }
            let before = report.freedBytes
            try take(plan.groups, owned, request, now, &report, checkpoint)
            let isEnough = try Disk.availableBytes(store.root) >= request.reserve
            if isEnough || report.freedBytes == before { break }
        }
        report.available = try Disk.availableBytes(store.root)
        return report
    }

    private struct IsBusy: Error {}

    /// Nil when another process holds it. A process that is just being started holds all locks of its parent for a
    /// moment, so one try says nothing.
    private func lock() throws -> FileLock? {
        var tries = 0
        do {
            return try FileLock.wait(places.cleaningLock) {
                tries += 1
                if tries == Self.lockTriesMax { throw IsBusy() }
            }
        } catch is IsBusy { return nil }
    }

    /// Claims by name, with the part that can remove them.
    private typealias Owned = [ItemName: any StoreClaims]

    private func plan(_ target: CleaningTarget, _ now: Int64) throws -> (CleaningPlan, Owned) {
        var kept: [ItemName: KeepReason] = [:]
        var owned: Owned = [:]
        // Steps, then what claims name, then the rest: all that is claimed was there before it was claimed.
        var claimed: [StoredItem] = []
        for owner in owners {
            for claim in try owner.claims() {
                claimed.append(claim.item)
                owned[claim.item.name] = owner
                if Self.stays(claim, target) { kept[claim.item.name] = .root }
            }
        }
        let items = try StoreInventory(store: store, layersOfStep: layersOfStep, kinds: target.kinds).items()
        for item in try pinned(now) { kept[item] = .pinned }
        return (CleaningPlan(of: items + claimed, keeping: kept, target: target, now: now), owned)
    }

    private static func stays(_ claim: StoreClaim, _ target: CleaningTarget) -> Bool {
        switch claim.standing {
        case .memory: false
        case .image: !target.kinds.contains(.image)
        case .root: true
        }
    }

    private func pinned(_ now: Int64) throws -> Set<ItemName> {
        let gate = try FileLock.wait(Pins.gatePath(store.root)) {}
        defer { withExtendedLifetime(gate) {} }
        return try PinnedItems.all(in: store.root, now: now)
    }

    private func take(
        _ groups: [CleaningPlan.Group], _ owned: Owned, _ request: CleaningRequest, _ now: Int64,
        _ report: inout CleaningReport, _ checkpoint: () throws -> Void
    ) throws {
        var rest = groups[...]
        while !rest.isEmpty {
            try checkpoint()
            try moveAway(rest.prefix(Self.groupsAtOnce), owned, now, &report, checkpoint)
            rest = rest.dropFirst(Self.groupsAtOnce)
            try emptyTrash(checkpoint)
        }
    }

    /// Nobody pins anything meanwhile.
    private func moveAway(
        _ groups: ArraySlice<CleaningPlan.Group>, _ owned: Owned, _ now: Int64, _ report: inout CleaningReport,
        _ checkpoint: () throws -> Void
    ) throws {
        let gate = try FileLock.wait(Pins.gatePath(store.root)) {}
        defer { withExtendedLifetime(gate) {} }
        let pinned = try PinnedItems.all(in: store.root, now: now)
        for group in groups {
            guard !group.items.contains(where: { pinned.contains($0.name) || isUsedSince($0) }) else {
                report.skippedCount += group.items.count
                continue
            }
            do {
                for item in group.items {
                    try checkpoint()
                    // What needs it goes before it, so it stays if that does.
                    guard try moveAway(item, owned[item.name]) else { break }
                    report.add(item)
                }
            } catch let error as StoreError { report.add(failure: error) }
        }
    }

    private func isUsedSince(_ item: StoredItem) -> Bool {
        guard let marker = places.marker(of: item.name), let used = Disk.modified(marker) else { return false }
        return used > item.lastUse
    }

    /// False when it is in use.
    private func moveAway(_ item: StoredItem, _ owner: (any StoreClaims)?) throws -> Bool {
        switch item.name.kind {
        case .memory, .image:
            try owner?.remove(item.name)
            return true
        case .partial, .cache:
            guard let path = places.path(of: item.name) else { return false }
            guard let lock = try FileLock.take(PartialBlob.lockPath(path)) else { return false }
            defer { withExtendedLifetime(lock) {} }
            try throwAway(path)
            if item.name.kind == .partial { lock.removeFile() }
            return true
        case .step, .flattened, .blob, .layer:
            guard let path = places.path(of: item.name) else { return false }
            try throwAway(path)
            return true
        }
    }

    /// One move: whoever has it open keeps it, and nobody sees half of it.
    private func throwAway(_ path: FilePath) throws {
        do {
            try Disk.rename(path, to: places.trash.appending(Random.name()))
        } catch StoreError.system(_, _, .noSuchFileOrDirectory) { return }
    }

    private func emptyTrash(_ checkpoint: () throws -> Void) throws {
        for name in try Directory(places.trash).names() {
            try checkpoint()
            try TreeRemoval.remove(places.trash.appending(String(decoding: name, as: UTF8.self)))
        }
    }
}
