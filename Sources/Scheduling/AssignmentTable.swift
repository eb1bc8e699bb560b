// The shards that nodes hold now, found by attempt without hashing.

struct Assignment: Sendable {
    let build: Scheduler.BuildID
    /// Where the build was when the shard was assigned; the build may have ended since, so compare `build` too.
    let buildSlot: Int
    let node: Int
    let shard: Scheduler.Shard
    let slot: Scheduler.SlotClass
    let memory: Int64
    let cost: Int64
    let movable: Bool
    /// Nanoseconds that its remaining stages are expected to take; 0: unknown.
    var expected: Int64
    /// When it was assigned, when it started, or when its last stage was reported.
    var since: Scheduler.Moment
    /// Bit `i`: nothing more is to come of `shard[i]`.
    var reported: UInt64 = 0
    /// The copy on another node, or what this is a copy of; -1 without.
    var twin = -1
    var started = false
    /// What it is built on is on its way to the node.
    var awaitsSupply = false
    var recalled = false
    /// Told to stop; its slot is taken until it says that it did.
    var stopping = false
    /// Its build ends only after it. Not so for a copy that was overtaken: it was copied for being slow.
    var awaited = true

    /// A node holds it; false in a row to be used again.
    var isHeld = true

    var isOver: Bool { reported == ~0 >> UInt64(Scheduler.Shard.stagesMax - shard.count) }
    var firstUnreported: Int { (~reported).trailingZeroBitCount }

    func position(of stage: Scheduler.StageIndex) -> Int? { shard[0] == stage ? 0 : shard.firstIndex(of: stage) }
    func isReported(_ position: Int) -> Bool { reported & (1 << UInt64(position)) != 0 }
    mutating func report(_ position: Int) { reported |= 1 << UInt64(position) }
    mutating func report(from position: Int) { reported |= (~0 << UInt64(position)) & (~0 >> UInt64(64 - shard.count)) }
}

struct AssignmentTable: Sendable {
    /// Rows in use and rows to use again: look at `isHeld`, or ask `held`.
    var rows: [Assignment] = []
    private var generations: [UInt32] = []
    private var freeRows: [Int] = []

    /// A copy, for what is not asked for with every stage.
    func held(_ row: Int) -> Assignment? { row >= 0 && rows[row].isHeld ? rows[row] : nil }

    func attempt(of row: Int) -> Scheduler.Attempt {
        Scheduler.Attempt(UInt64(generations[row]) << 32 | UInt64(row))
    }

    /// The row of an attempt that is not over.
    func row(of attempt: Scheduler.Attempt) -> Int? {
        let row = Int(attempt.raw & 0xffff_ffff)
        guard row < rows.count, rows[row].isHeld, generations[row] == UInt32(attempt.raw >> 32) else { return nil }
        return row
    }

    mutating func insert(_ assignment: Assignment) -> Int {
        if let row = freeRows.popLast() {
            rows[row] = assignment
            return row
        }
        rows.append(assignment)
        generations.append(1)
        return rows.count - 1
    }

    mutating func remove(_ row: Int) {
        rows[row].isHeld = false
        // A generation comes back after 4 billion shards in one row: by then the old report is long out of the network.
        generations[row] &+= 1
        freeRows.append(row)
    }
}
