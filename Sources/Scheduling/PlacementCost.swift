// What it costs to run a stage on a node, in nanoseconds until it could be done.

/// Compared field by field: time first, then load, then whether the node is the stage's home, then the order of nodes.
struct PlacementCost: Comparable, Sendable {
    /// 100 MB a second: what a layer takes over a shared link, verified and written to disk.
    static let nanosecondsPerByte: Int64 = 10
    /// Free nodes that are compared for one shard, beside its parent's node and its home. A few random choices balance
    /// nearly as well as all of them (Mitzenmacher, "The Power of Two Choices"), and a big mesh stays cheap.
    static let candidatesMax = 8

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
