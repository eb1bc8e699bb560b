// What goes and what stays: by examples, and by rules that hold for stores of every shape.
import Testing

@testable import Cleaning

/// Unix seconds at which all these stores are cleaned.
private let now: Int64 = 1_000_000

private func item(
    _ kind: ItemKind, _ text: String, _ byteCount: Int64, used age: Int64, needs: [ItemName] = []
) -> StoredItem {
    StoredItem(ItemName(kind, text), byteCount: byteCount, lastUse: now - age, needs: needs)
}

private func plan(
    _ items: [StoredItem], keeping kept: [ItemName: KeepReason] = [:], _ target: CleaningTarget
) -> CleaningPlan {
    CleaningPlan(of: items, keeping: kept, target: target, now: now)
}

extension CleaningPlan {
    fileprivate var names: [String] { groups.flatMap { $0.items.map(\.name.text) } }
}

@Suite struct `A plan of cleaning` {
    private let layer = ItemName(.layer, "layer")

    @Test func `takes nothing while there is room`() {
        let plan = plan([item(.blob, "a", 5, used: 5_000)], CleaningTarget(budget: 5))
        #expect(plan.groups.isEmpty && plan.shortfall == 0 && plan.kept == [.unneeded: 5])
    }

    @Test func `takes the least recently used first, and no more than is needed`() {
        let items = [
            item(.blob, "new", 5, used: 1_000), item(.blob, "old", 5, used: 3_000), item(.layer, "mid", 5, used: 2_000),
        ]
        #expect(plan(items, CleaningTarget(budget: 6)).names == ["old", "mid"])
        #expect(plan(items, CleaningTarget(lacking: 1)).names == ["old"])
    }

    @Test func `takes the steps of a layer before the layer`() {
        let items = [
            item(.layer, "layer", 10, used: 9_000), item(.step, "one", 1, used: 8_000, needs: [layer]),
            item(.step, "two", 1, used: 7_000, needs: [layer]), item(.blob, "blob", 10, used: 8_500),
        ]
        #expect(plan(items, CleaningTarget(lacking: 1)).names == ["blob"], "a use of a step is a use of its layer")
        let all = plan(items, CleaningTarget(lacking: 11)).names
        #expect(Set(all.dropFirst()) == ["one", "two", "layer"] && all.last == "layer")
    }

    @Test func `takes steps alone only by age`() {
        let items = [item(.layer, "layer", 10, used: 700), item(.step, "one", 1, used: 8_000, needs: [layer])]
        #expect(plan(items, CleaningTarget(ageMax: 5_000)).names == ["one"])
        #expect(plan(items, CleaningTarget(lacking: 1)).names == ["one", "layer"])
    }

    @Test func `takes what names something that is gone`() {
        let items = [item(.step, "one", 1, used: 8_000, needs: [layer]), item(.step, "empty", 1, used: 9_000)]
        #expect(plan(items, CleaningTarget()).names == ["one"])
    }

    @Test func `keeps what roots and pins need, and says why`() {
        let image = ItemName(.image, "image")
        let items = [
            item(.image, "image", 1, used: 9_000, needs: [layer, ItemName(.blob, "manifest")]),
            item(.layer, "layer", 10, used: 9_000), item(.blob, "manifest", 2, used: 9_000),
            item(.layer, "pinned", 4, used: 9_000), item(.blob, "fresh", 8, used: 10),
            item(.cache, "cache", 16, used: 9_000),
        ]
        let plan = plan(
            items, keeping: [image: .root, ItemName(.layer, "pinned"): .pinned], CleaningTarget(budget: 0))
        #expect(plan.groups.isEmpty)
        #expect(plan.kept == [.root: 13, .pinned: 4, .recent: 8, .unasked: 16])
        #expect(plan.shortfall == 41)
    }

    @Test func `takes images and caches when they are asked for`() {
        let items = [
            item(.image, "image", 1, used: 9_000, needs: [layer]), item(.layer, "layer", 10, used: 9_500),
            item(.cache, "cache", 16, used: 9_600),
        ]
        let target = CleaningTarget(budget: 0, kinds: Set(ItemKind.allCases))
        #expect(plan(items, target).names == ["cache", "image", "layer"])
    }

    @Test func `ends where items need each other`() {
        let items = [
            item(.blob, "a", 1, used: 900, needs: [ItemName(.blob, "b")]),
            item(.blob, "b", 1, used: 900, needs: [ItemName(.blob, "a")]),
        ]
        #expect(Set(plan(items, CleaningTarget(budget: 1)).names) == ["a", "b"])
    }
}

/// A store of random shape; the same for the same seed.
private struct RandomStore {
    private var generator: Seeded
    private(set) var items: [StoredItem] = []
    private(set) var kept: [ItemName: KeepReason] = [:]
    private(set) var target = CleaningTarget()

    private struct Seeded: RandomNumberGenerator {
        var state: UInt64

        /// Splitmix64.
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    init(seed: UInt64) {
        generator = Seeded(state: seed)
        let layers = names(.layer, 0...12)
        let blobs = names(.blob, 0...12)
        for name in layers + blobs + names(.cache, 0...2) + names(.partial, 0...2) { add(name, needs: []) }
        for name in names(.step, 0...12) { add(name, needs: some(of: layers + [ItemName(.layer, "gone")], 0...1)) }
        for name in names(.flattened, 0...2) { add(name, needs: some(of: layers, 0...4)) }
        for name in names(.memory, 0...3) { add(name, needs: some(of: blobs, 1...2)) }
        let images = names(.image, 0...4)
        for name in images { add(name, needs: some(of: layers + blobs, 0...5)) }
        for name in images where Bool.random(using: &generator) { kept[name] = .root }
        for name in some(of: items.map(\.name), 0...3) { kept[name] = .pinned }
        items.shuffle(using: &generator)
        chooseTarget()
    }

    private mutating func chooseTarget() {
        let all: Int64 = items.reduce(0) { $0 + $1.byteCount }
        if Bool.random(using: &generator) { target.budget = Int64.random(in: 0...(all + 5), using: &generator) }
        if Bool.random(using: &generator) { target.lacking = Int64.random(in: 0...(all + 5), using: &generator) }
        if Int.random(in: 0..<4, using: &generator) == 0 {
            target.ageMax = Int64.random(in: 0...6_000, using: &generator)
        }
        if Bool.random(using: &generator) { target.kinds = Set(ItemKind.allCases) }
    }

    private mutating func names(_ kind: ItemKind, _ counts: ClosedRange<Int>) -> [ItemName] {
        (0..<Int.random(in: counts, using: &generator)).map { ItemName(kind, "\(kind)\($0)") }
    }

    private mutating func some(of names: [ItemName], _ counts: ClosedRange<Int>) -> [ItemName] {
        let count = min(names.count, Int.random(in: counts, using: &generator))
        return Array(names.shuffled(using: &generator).prefix(count))
    }

    private mutating func add(_ name: ItemName, needs: [ItemName]) {
        let age = Int64.random(in: 0...6_000, using: &generator)
        items.append(
            item(name.kind, name.text, Int64.random(in: 1...9, using: &generator), used: age, needs: needs))
    }

    var plan: CleaningPlan { CleaningPlan(of: items, keeping: kept, target: target, now: now) }
}

@Suite struct `Plans of cleaning of any store` {
    private static let seeds: Range<UInt64> = 0..<1_000

    @Test func `never take what a kept item needs, and leave nothing that names what is gone`() {
        for seed in Self.seeds {
            let store = RandomStore(seed: seed)
            let taken = Set(store.plan.groups.flatMap(\.items).map(\.name))
            for item in store.items where !taken.contains(item.name) {
                #expect(taken.isDisjoint(with: item.needs), "seed \(seed): \(item.name) stays without what it needs")
            }
            #expect(taken.isDisjoint(with: store.kept.keys), "seed \(seed)")
            for item in store.items where taken.contains(item.name) {
                #expect(store.target.kinds.contains(item.name.kind), "seed \(seed)")
                #expect(item.lastUse <= now - store.target.recentSeconds, "seed \(seed)")
            }
        }
    }

    @Test func `are whole at every moment`() {
        for seed in Self.seeds {
            let store = RandomStore(seed: seed)
            var left = Dictionary(uniqueKeysWithValues: store.items.map { ($0.name, $0) })
            for item in store.plan.groups.flatMap(\.items) {
                #expect(left.removeValue(forKey: item.name) != nil, "seed \(seed): \(item.name) is taken twice")
                let bereft = left.values.filter { $0.needs.contains(item.name) }
                #expect(bereft.isEmpty, "seed \(seed): \(item.name) goes before \(bereft.map(\.name))")
            }
        }
    }

    @Test func `free enough or all that may go, and no group too many`() {
        for seed in Self.seeds {
            let store = RandomStore(seed: seed)
            let plan = store.plan
            let wanted = store.target.bytesToFree(of: plan.total)
            #expect(plan.shortfall == max(0, wanted - plan.freed), "seed \(seed)")
            #expect(plan.freed + plan.kept.values.reduce(0, +) == plan.total, "seed \(seed)")
            if plan.shortfall > 0 {
                #expect(plan.kept[.unneeded, default: 0] == 0, "seed \(seed): something could go, and did not")
            }
            if store.target.ageMax == nil, let last = plan.groups.last, plan.freed > wanted, wanted > 0 {
                let isUseless = last.items.count == 1 && last.items[0].name.kind.isAttached
                #expect(isUseless || plan.freed - last.byteCount < wanted, "seed \(seed)")
            }
        }
    }

    @Test func `go from the least recently used on`() {
        for seed in Self.seeds {
            let store = RandomStore(seed: seed)
            // Without needs the order is that of the uses alone.
            let items = store.items.map { StoredItem($0.name, byteCount: $0.byteCount, lastUse: $0.lastUse) }
            var target = store.target
            target.ageMax = nil
            let plan = CleaningPlan(of: items, keeping: store.kept, target: target, now: now)
            let uses = plan.groups.flatMap(\.items).map(\.lastUse)
            #expect(uses == uses.sorted(), "seed \(seed)")
            let taken = Set(plan.groups.flatMap(\.items))
            let may = items.filter {
                store.kept[$0.name] == nil && target.kinds.contains($0.name.kind) && !$0.name.kind.isAttached
                    && $0.lastUse <= now - target.recentSeconds
            }
            let oldestLeft = may.filter { !taken.contains($0) }.map(\.lastUse).min() ?? .max
            #expect(uses.last ?? .min <= oldestLeft, "seed \(seed)")
        }
    }

    @Test func `do not depend on the order in which a store is listed`() {
        for seed in Self.seeds {
            let store = RandomStore(seed: seed)
            let other = CleaningPlan(
                of: store.items.reversed(), keeping: store.kept, target: store.target, now: now)
            #expect(other == store.plan, "seed \(seed)")
        }
    }
}
