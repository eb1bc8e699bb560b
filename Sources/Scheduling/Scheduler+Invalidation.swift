// Results that were counted on and are gone, or were replaced by those of another publisher.

extension Scheduler {
    /// The results of done stages can't be had any more: they run again, and children that are not running wait for them.
    mutating func forget(_ id: BuildID, _ stages: [StageIndex]) {
        // A stage may be named twice, and is done no more after the first time.
        let gone = stages.filter { stage in
            guard let build = build(id, withDone: stage) else { return false }
            builds[build].graph.undo(Int(stage.raw))
            return true
        }
        // After all are undone: one may be another's parent.
        for stage in gone {
            guard let build = buildSlots[id] else { return }
            builds[build].requeue(Int(stage.raw), nodes: presentNodes)
        }
    }

    /// All that was built, or is being built, on a stage's old contents is stopped and built again on the new ones.
    mutating func replace(_ id: BuildID, _ stage: StageIndex, _ effects: inout [Effect]) {
        guard let build = build(id, withDone: stage) else { return }
        var undone: [Int] = []
        for below in builds[build].graph.descendants(of: Int(stage.raw)) {
            switch builds[build].graph.stages[below].phase {
            case .done:
                builds[build].graph.undo(below)
                undone.append(below)
            case .assigned:
                undone += stopForGood(
                    Int(builds[build].graph.stages[below].owner), of: build, .replaced(stage), &effects)
            case .waiting, .ready, .failed, .skipped: break
            }
        }
        for stage in undone { builds[build].requeue(stage, nodes: presentNodes) }
    }

    // Its later reports change nothing: no stage is owned by it any more.
    private mutating func stopForGood(
        _ row: Int, of build: Int, _ reason: StopReason, _ effects: inout [Effect]
    ) -> [Int] {
        guard let assignment = shards.held(row) else { return [] }
        stopShard(row, reason, &effects)
        if assignment.twin >= 0 { stopShard(assignment.twin, reason, &effects) }
        separate(row)
        var stopped: [Int] = []
        for position in assignment.shard.indices where !assignment.isReported(position) {
            let stage = Int(assignment.shard[position].raw)
            builds[build].graph.setOwner(stage, -1)
            builds[build].graph.setPhase(stage, .waiting)
            stopped.append(stage)
        }
        return stopped
    }

    private func build(_ id: BuildID, withDone stage: StageIndex) -> Int? {
        guard let build = buildSlots[id], builds[build].stopping == nil, stage.raw >= 0,
            Int(stage.raw) < builds[build].graph.count,
            builds[build].graph.stages[Int(stage.raw)].phase == .done
        else { return nil }
        return build
    }
}
