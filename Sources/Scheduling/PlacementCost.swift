// What it costs to run a stage on a node, in nanoseconds until it could be done.

/// Compared field by field: time first, then load, then whether the node is the stage's home, then the order of nodes.
struct PlacementCost: Comparable, Sendable {
    /// 100 MB a second: what a layer takes over a shared link, verified and written to disk.
    static let nanosecondsPerByte: Int64 = 10
    /// Free nodes that are compared for one shard, beside its parent's node and its home. A few random choices balance
    /// nearly as well as all of them (Mitzenmacher, "The Power of Two Choices"), and a big mesh stays cheap.
    static let candidatesMax = 8

    /// What a stage of unknown duration counts for, in nanoseconds: so little that everything learned outweighs it, and
    /// enough that of stages of which nothing is known the one with the most below it goes first.
    static let unknownStage: Int64 = 1 << 16

    /// Nanoseconds that a stage takes when it must fetch its bytes: how ranks count it.
    static func time(of work: Scheduler.StageWork) -> Int64 {
        let own = work.expected > 0 ? work.expected : unknownStage
        return work.bytes == 0 ? own : own.clampedSum(work.bytes.clampedProduct(nanosecondsPerByte))
    }

    let time: Int64
    /// Shards of the class in thousandths of the node's slots.
    let load: Int
    let home: Int
    let node: Int

    static func < (left: PlacementCost, right: PlacementCost) -> Bool {
        if left.time != right.time { return left.time < right.time }
        if left.load != right.load { return left.load < right.load }
        if left.home != right.home { return left.home < right.home }
        return left.node < right.node
    }
}
