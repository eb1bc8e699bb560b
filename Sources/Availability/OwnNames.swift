// What this node holds, with the order in which that came about: any difference can be told from it.

struct OwnNames: Sendable {
    private struct Change: Sendable {
        let version: UInt64
        let name: UInt64
        let isAdded: Bool
    }

    struct Changes {
        let from: UInt64
        let to: UInt64
        let added: [UInt64]
        let removed: [UInt64]
    }

    private(set) var version: UInt64 = 0
    /// Versions of different lives can't be compared.
    private(set) var life = 0
    private var log: [Change] = []
    /// The latest change of each name in the log.
    private var latest: [UInt64: UInt64] = [:]
    private(set) var names: Set<UInt64> = []
    private var removals = 0
    /// Nothing held is before this place of the log.
    private var oldest = 0

    mutating func add(_ name: UInt64, max limit: Int) {
        guard names.insert(name).inserted else { return }
        note(name, isAdded: true)
        while names.count > limit, dropOldest() {}
    }

    mutating func remove(_ name: UInt64) {
        guard names.remove(name) != nil else { return }
        note(name, isAdded: false)
        removals += 1
        if removals > AvailabilityLimits.removalsMax { forget() }
    }

    private mutating func note(_ name: UInt64, isAdded: Bool) {
        version += 1
        log.append(Change(version: version, name: name, isAdded: isAdded))
        latest[name] = version
    }

    private mutating func dropOldest() -> Bool {
        while oldest < log.count {
            let change = log[oldest]
            oldest += 1
            guard change.isAdded, latest[change.name] == change.version else { continue }
            remove(change.name)
            return true
        }
        return false
    }

    /// Begins a new life without removals: its versions count anew.
    private mutating func forget() {
        let held = log.filter { $0.isAdded && latest[$0.name] == $0.version }
        life += 1
        (log, latest, version, removals, oldest) = ([], [:], 0, 0, 0)
        for change in held { note(change.name, isAdded: true) }
    }

    /// The next changes after `version`, `limit` at most; nil when there is none.
    func changes(since version: UInt64, max limit: Int) -> Changes? {
        let from = version > self.version ? 0 : version
        guard from < self.version else { return nil }
        var added: [UInt64] = []
        var removed: [UInt64] = []
        var to = self.version
        for change in log[place(after: from)...] {
            guard latest[change.name] == change.version, change.isAdded || from > 0 else { continue }
            guard added.count + removed.count < limit else {
                to = change.version - 1
                break
            }
            if change.isAdded { added.append(change.name) } else { removed.append(change.name) }
        }
        return Changes(from: from, to: to, added: added, removed: removed)
    }

    private func place(after version: UInt64) -> Int {
        var (low, high) = (0, log.count)
        while low < high {
            let middle = (low + high) / 2
            if log[middle].version <= version { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
