// Which items of one kind of name this process has pinned, so that most pins cost no more than a look here.

struct PinTable<Key: Hashable & Sendable>: Sendable {
    /// Unix seconds at which each ends.
    private(set) var leases: [Key: Int64] = [:]
    /// How many hold each; 0 for what is still told to others and may be dropped.
    private(set) var holds: [Key: Int] = [:]

    var count: Int { leases.count + holds.count }
    var lingering: [Key] { holds.filter { $0.value == 0 }.map(\.key) }

    /// Those that are not leased until `end`.
    func unleased(_ keys: [Key], until end: Int64) -> [Key] { keys.filter { leases[$0, default: 0] < end } }

    mutating func lease(_ keys: [Key], until end: Int64) { for key in keys { leases[key] = end } }

    mutating func forgetLeases(endedAt now: Int64) { leases = leases.filter { $0.value > now } }

    /// Those that others have to be told of.
    func unheld(_ keys: [Key]) -> [Key] { Array(Set(keys.filter { holds[$0] == nil })) }

    mutating func hold(_ keys: [Key]) { for key in keys { holds[key, default: 0] += 1 } }

    mutating func release(_ keys: [Key]) { for key in keys { holds[key, default: 1] -= 1 } }

    mutating func dropLingering() { holds = holds.filter { $0.value > 0 } }
}
