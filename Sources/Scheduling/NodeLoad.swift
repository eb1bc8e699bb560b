// A node as the scheduler sees it: what it can hold and what it holds.

struct NodeLoad: Sendable {
    enum Presence: Sendable { case absent, present, draining }

    let id: Scheduler.NodeID
    var presence = Presence.absent
    var capacity = Scheduler.NodeCapacity(run: 0, transfer: 0)
    var runUsed = 0
    var transferUsed = 0
    /// Bytes of memory that its shards are expected to need.
    var memoryUsed: Int64 = 0
    /// Nanoseconds that its shards are expected to take.
    var backlog: Int64 = 0
    /// A stage that needs more memory than any node has free now. The node takes no other `run` shard until it fits,
    /// so that a stream of small stages can't starve it.
    var reserved: Reservation?

    struct Reservation: Sendable {
        let build: Int
        let stage: Int
    }

    var isIdle: Bool { runUsed == 0 && transferUsed == 0 }

    func used(_ slot: Scheduler.SlotClass) -> Int { slot == .run ? runUsed : transferUsed }

    /// Shards that may be assigned to it at once.
    func limit(_ slot: Scheduler.SlotClass) -> Int {
        slot == .run && capacity.run > 0 ? capacity.run + max(capacity.queued, 0) : slots(slot)
    }

    func slots(_ slot: Scheduler.SlotClass) -> Int { max(slot == .run ? capacity.run : capacity.transfer, 0) }

    func hasRoom(_ slot: Scheduler.SlotClass) -> Bool { presence == .present && used(slot) < limit(slot) }

    /// An empty node takes a stage of any size: refusing it would make it wait for ever.
    func fits(_ memory: Int64) -> Bool {
        guard memory > 0, let total = capacity.memory, runUsed > 0 else { return true }
        return memory <= total - memoryUsed
    }

    mutating func take(_ slot: Scheduler.SlotClass, memory: Int64, cost: Int64) {
        if slot == .run { runUsed += 1 } else { transferUsed += 1 }
        memoryUsed = memoryUsed.clampedSum(memory)
        backlog = backlog.clampedSum(cost)
    }

    mutating func release(_ slot: Scheduler.SlotClass, memory: Int64, cost: Int64) {
        if slot == .run { runUsed -= 1 } else { transferUsed -= 1 }
        memoryUsed = max(memoryUsed - memory, 0)
        backlog = max(backlog - cost, 0)
    }
}
