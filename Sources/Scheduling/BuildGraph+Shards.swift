// Shards: chains of stages that one node runs in one go, and what they cost together.

/// A shard on its way to a node.
struct ShardOffer: Sendable {
    var shard: Scheduler.Shard
    /// Bytes: its stages run one after the other, so the greatest need counts.
    var memory: Int64 = 0
    /// Nanoseconds.
    var cost: Int64 = 0
    var isMovable = true
}

extension BuildGraph {
    /// The shard that begins with a ready stage. Mutating only so that no copy of the graph is made for it.
    mutating func offer(from head: Int) -> ShardOffer {
        guard stages[head].leadsChain else { return offer(Scheduler.Shard(Scheduler.StageIndex(Int32(head)))) }
        return offer(chain(from: head))
    }

    mutating func offer(_ shard: Scheduler.Shard) -> ShardOffer {
        var offer = ShardOffer(shard: shard)
        let head = Int(shard[0].raw)
        offer.isMovable = stages[head].bound < 0
        for position in 0..<shard.count {
            let stage = Int(shard[position].raw)
            offer.cost = offer.cost.clampedSum(stages[stage].cost)
            if stages[head].slot == .run { offer.memory = max(offer.memory, works[stage].memory) }
            if !works[stage].movable { offer.isMovable = false }
        }
        return offer
    }

    /// The longest way down from a ready stage through children that have no other parent.
    private func chain(from head: Int) -> Scheduler.Shard {
        var shard = Scheduler.Shard(Scheduler.StageIndex(Int32(head)))
        var last = head
        while stages[last].leadsChain, shard.count < Scheduler.Shard.stagesMax,
            let next = follower(of: last, head: head)
        {
            shard.append(Scheduler.StageIndex(Int32(next)))
            last = next
        }
        return shard
    }

    // Of several children the most urgent; the others become ready when their parent is done.
    private func follower(of stage: Int, head: Int) -> Int? {
        var best: Int?
        var edge = stages[stage].firstEdge
        while edge >= 0 {
            let child = Int(edges[Int(edge)].child)
            edge = edges[Int(edge)].next
            let record = stages[child]
            guard record.phase == .waiting, record.pending == 1, record.slot == stages[head].slot,
                works[child].chainable, parentRange(of: child).count == 1,
                record.bound < 0 || record.bound == stages[head].bound || record.followsParent
            else { continue }
            if let known = best, (stages[known].rank, -known) >= (record.rank, -child) { continue }
            best = child
        }
        return best
    }

    mutating func assign(_ shard: Scheduler.Shard, to row: Int32) {
        for position in 0..<shard.count {
            setPhase(Int(shard[position].raw), .assigned)
            setOwner(Int(shard[position].raw), row)
        }
    }
}
