// Decides what goes from a store, and in which order: the least recently used first, and never what something needs
// that stays.

package struct CleaningPlan: Equatable, Sendable {
    /// Goes together, in this order: nothing is named any more by the time it goes.
    package struct Group: Equatable, Sendable {
        package let items: [StoredItem]

        package var byteCount: Int64 { items.reduce(0) { $0 + $1.byteCount } }
    }

    package let groups: [Group]
    /// Bytes of what stays, by the reason.
    package let kept: [KeepReason: Int64]
    /// Bytes that were to go and can't.
    package let shortfall: Int64
    /// Bytes of all items.
    package let total: Int64

    package var freed: Int64 { groups.reduce(0) { $0 + $1.byteCount } }

    /// - Parameters:
    ///   - kept: roots and pins; what these need stays with them.
    ///   - now: Unix seconds.
    package init(
        of items: [StoredItem], keeping kept: [ItemName: KeepReason], target: CleaningTarget, now: Int64
    ) {
        // The order in which a store is listed says nothing.
        var selection = Selection(items.sorted { $0.name < $1.name }, target, now)
        selection.keep(kept)
        let total = items.reduce(0) { $0 + $1.byteCount }
        let wanted = target.bytesToFree(of: total)
        let order = selection.order()
        selection.takeUseless()
        if let age = target.ageMax { selection.take(order, olderThan: now - age) }
        selection.take(order, until: wanted)
        groups = selection.groups
        self.kept = selection.keptBytes
        self.total = total
        shortfall = max(0, wanted - selection.freed)
    }
}

/// Items by number, while the choice is made.
private struct Selection {
    let items: [StoredItem]
    /// The items that each needs; those that are not there are left out.
    private let needs: [[Int]]
    /// The items that need each.
    private let dependents: [[Int]]
    /// Attached ones of which something is gone.
    private let useless: [Int]
    private var reasons: [KeepReason?]
    /// The last use of the item and of all that need it, in Unix seconds.
    private let uses: [Int64]
    private var isTaken: [Bool]
    private(set) var groups: [CleaningPlan.Group] = []
    private(set) var freed: Int64 = 0

    init(_ items: [StoredItem], _ target: CleaningTarget, _ now: Int64) {
        self.items = items
        let numbers = Dictionary(items.enumerated().map { ($1.name, $0) }) { first, _ in first }
        needs = items.map { $0.needs.compactMap { numbers[$0] } }
        useless = items.indices.filter { number in
            items[number].name.kind.isAttached && items[number].needs.contains { numbers[$0] == nil }
        }
        var dependents = [[Int]](repeating: [], count: items.count)
        for (number, list) in needs.enumerated() { for needed in list { dependents[needed].append(number) } }
        self.dependents = dependents
        isTaken = [Bool](repeating: false, count: items.count)
        reasons = items.map { item in
            if !target.kinds.contains(item.name.kind) { return .unasked }
            return item.lastUse > now - target.recentSeconds ? .recent : nil
        }
        uses = Self.spread(items.map(\.lastUse), to: needs)
    }

    /// Each value handed on to what its item needs, where the greater one counts. The greatest first, so that each item
    /// is looked at once.
    private static func spread(_ values: [Int64], to needs: [[Int]]) -> [Int64] {
        var values = values
        var isDone = [Bool](repeating: false, count: values.count)
        for start in values.indices.sorted(by: { values[$0] > values[$1] }) where !isDone[start] {
            var open = [start]
            isDone[start] = true
            while let number = open.popLast() {
                for needed in needs[number] where !isDone[needed] {
                    isDone[needed] = true
                    values[needed] = max(values[needed], values[start])
                    open.append(needed)
                }
            }
        }
        return values
    }

    /// Roots and pins keep what they need, as does all that stays for another reason.
    mutating func keep(_ kept: [ItemName: KeepReason]) {
        for number in items.indices {
            if let reason = kept[items[number].name] { reasons[number] = min(reason, reasons[number] ?? reason) }
        }
        let first = items.indices.compactMap { number in reasons[number].map { (number: number, reason: $0) } }
        // The strongest reason is taken first, from the end.
        var open = first.sorted { $0.reason > $1.reason }.map(\.number)
        while let number = open.popLast() {
            guard let reason = reasons[number] else { continue }
            for needed in needs[number] where reasons[needed].map({ reason < $0 }) ?? true {
                reasons[needed] = reason
                open.append(needed)
            }
        }
    }

    /// The least recently used first; equal ones always in the same order.
    func order() -> [Int] {
        items.indices.filter { reasons[$0] == nil }.sorted { one, other in
            uses[one] == uses[other] ? items[one].name < items[other].name : uses[one] < uses[other]
        }
    }

    /// What names something that is gone says nothing any more.
    mutating func takeUseless() {
        for number in useless where reasons[number] == nil { take(number) }
    }

    mutating func take(_ order: [Int], olderThan end: Int64) {
        for number in order where uses[number] < end { take(number) }
    }

    mutating func take(_ order: [Int], until wanted: Int64) {
        for number in order {
            guard freed < wanted else { return }
            if !items[number].name.kind.isAttached { take(number) }
        }
    }

    /// The item after all that need it.
    private mutating func take(_ number: Int) {
        guard !isTaken[number] else { return }
        var group: [Int] = []
        var open = [(number: number, isEntered: false)]
        while let (next, isEntered) = open.popLast() {
            if isEntered {
                group.append(next)
            } else if !isTaken[next] {
                isTaken[next] = true
                open.append((next, true))
                open += dependents[next].map { ($0, false) }
            }
        }
        let taken = CleaningPlan.Group(items: group.map { items[$0] })
        freed += taken.byteCount
        groups.append(taken)
    }

    var keptBytes: [KeepReason: Int64] {
        items.indices.filter { !isTaken[$0] }.reduce(into: [:]) { bytes, number in
            let item = items[number]
            let reason = reasons[number] ?? (item.name.kind.isAttached ? .small : .unneeded)
            bytes[reason, default: 0] += item.byteCount
        }
    }
}
