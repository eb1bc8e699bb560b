// The members that a node knows: rows in one array, found by name, with a hash per bucket to compare tables by.

/// 32 bytes a row, and 16 or less to find it by name; the records are shared.
struct MemberTable: Sendable {
    struct Row: Sendable {
        var record: MemberRecord
        /// The charge that holds against `record`.
        var accusation: Accusation?
        /// When the state last changed.
        var changedAt: Moment
        /// Microseconds of a round trip, smoothed; 0: not measured.
        var roundTrip: UInt32 = 0
        var state: Swim.State
    }

    private(set) var rows: [Row] = []
    private(set) var bucketHashes = [UInt64](repeating: 0, count: BucketSet.bucketsCount)
    /// Members that are alive or suspected.
    private(set) var presentCount = 0
    /// Members that are dead or left.
    var absentCount: Int { rows.count - presentCount }

    /// Open addressing by name hash; -1: free. At most half full.
    private var places: [Int32] = Array(repeating: -1, count: 16)

    static func bucket(_ record: MemberRecord) -> Int { Int(record.nameHash >> 56) }

    /// The slot of a member; slots move when one is removed.
    func slot(of name: NodeName) -> Int? { slot(name, name.stableHash) }

    func slot(of record: MemberRecord) -> Int? { slot(record.name, record.nameHash) }

    private func slot(_ name: NodeName, _ hash: UInt64) -> Int? {
        var place = Int(truncatingIfNeeded: hash) & (places.count - 1)
        while places[place] >= 0 {
            let row = rows[Int(places[place])].record
            if row.nameHash == hash && row.name == name { return Int(places[place]) }
            place = (place + 1) & (places.count - 1)
        }
        return nil
    }

    /// `row` is of a member that is not in the table.
    mutating func add(_ row: Row) {
        rows.append(row)
        if rows.count * 2 > places.count { rebuildPlaces() } else { link(rows.count - 1) }
        count(row, by: 1)
    }

    /// Replaces a row by one of the same member.
    mutating func change(_ slot: Int, _ body: (inout Row) -> Void) {
        count(rows[slot], by: -1)
        body(&rows[slot])
        count(rows[slot], by: 1)
    }

    mutating func noteRoundTrip(_ slot: Int, microseconds: UInt32) {
        let known = rows[slot].roundTrip
        // A quarter of the way: the smoothing of a few probes, as peers are probed seldom.
        rows[slot].roundTrip = known == 0 ? max(microseconds, 1) : max(known - known / 4 + microseconds / 4, 1)
    }

    /// Removes all rows that are not wanted; slots change.
    mutating func removeAll(where isUnwanted: (Row) -> Bool) {
        for row in rows where isUnwanted(row) { count(row, by: -1) }
        rows.removeAll(where: isUnwanted)
        rebuildPlaces()
    }

    private mutating func rebuildPlaces() {
        var size = 16
        while size < rows.count * 3 { size *= 2 }
        places = Array(repeating: -1, count: size)
        for slot in rows.indices { link(slot) }
    }

    private mutating func link(_ slot: Int) {
        var place = Int(truncatingIfNeeded: rows[slot].record.nameHash) & (places.count - 1)
        while places[place] >= 0 { place = (place + 1) & (places.count - 1) }
        places[place] = Int32(slot)
    }

    /// Only who is there counts for the hash: tombstones are forgotten at different times.
    private mutating func count(_ row: Row, by sign: Int) {
        guard row.state.isPresent else { return }
        presentCount += sign
        let content = Mixing.spread(row.record.nameHash ^ Mixing.spread(row.record.incarnation &+ Mixing.step))
        bucketHashes[Self.bucket(row.record)] ^= content
    }
}
