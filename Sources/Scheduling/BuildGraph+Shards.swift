// Shards: chains of stages that one node runs in one go, and what they cost together.

extension BuildGraph {
    /// The longest way down from a ready stage through children that have no other parent.
    func chain(from head: Int) -> Scheduler.Shard {
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
            let child = Int(children[Int(edge)])
            edge = nextEdge[Int(edge)]
            let record = stages[child]
            guard record.phase == .waiting, record.pending == 1, record.slot == stages[head].slot,
                works[child].chainable, parents(of: child).count == 1,
                record.bound < 0 || record.bound == stages[head].bound || works[child].place == .withParent
            else { continue }
            if let known = best, (stages[known].rank, -known) >= (record.rank, -child) { continue }
            best = child
        }
        return best
    }

    mutating func assign(_ shard: Scheduler.Shard, to row: Int32) {
        for stage in shard {
            setPhase(Int(stage.raw), .assigned)
            setOwner(Int(stage.raw), row)
        }
    }

    /// Bytes: its stages run one after the other, so the greatest need counts.
    func memory(of shard: Scheduler.Shard) -> Int64 {
        guard stages[Int(shard[0].raw)].slot == .run else { return 0 }
        return shard.reduce(0) { max($0, works[Int($1.raw)].memory) }
    }

    /// Nanoseconds.
    func cost(of shard: Scheduler.Shard) -> Int64 {
        shard.reduce(0) { $0.clampedSum(stages[Int($1.raw)].cost) }
    }

    func isMovable(_ shard: Scheduler.Shard) -> Bool {
        stages[Int(shard[0].raw)].bound < 0 && shard.allSatisfy { works[Int($0.raw)].movable }
    }

    /// Where the stage's first parent ran; -1 when it did not run here.
    func firstParentNode(of stage: Int) -> Int {
        parents(of: stage).first.map { Int(stages[Int($0)].node) } ?? -1
    }
}
