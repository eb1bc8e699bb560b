// What nodes report of their shards.

extension Scheduler {
    /// The shard of a report; nil when the attempt is over or the report contradicts it.
    private func row(_ build: BuildID, _ node: NodeID, _ attempt: Attempt) -> Int? {
        guard let row = shards.row(of: attempt), shards.rows[row].build == build else { return nil }
        return nodes[shards.rows[row].node].id == node ? row : nil
    }

    mutating func noteStart(_ build: BuildID, _ node: NodeID, _ attempt: Attempt) {
        guard let row = row(build, node, attempt), !shards.rows[row].started else { return }
        shards.rows[row].started = true
        shards.rows[row].since = now
    }

    // It waits for a slot from the moment when everything is there.
    mutating func noteSupply(_ build: BuildID, _ node: NodeID, _ attempt: Attempt, _ isUnderWay: Bool) {
        guard let row = row(build, node, attempt), !shards.rows[row].started,
            shards.rows[row].awaitsSupply != isUnderWay
        else { return }
        shards.rows[row].awaitsSupply = isUnderWay
        shards.rows[row].since = now
    }

    mutating func finish(
        _ id: BuildID, _ stage: StageIndex, _ node: NodeID, _ attempt: Attempt, _ outcome: Outcome,
        _ effects: inout [Effect]
    ) {
        guard let row = row(id, node, attempt), let position = shards.rows[row].position(of: stage),
            !shards.rows[row].isReported(position)
        else { return }
        let build = build(of: row)
        switch outcome {
        case .done:
            shards.rows[row].report(position)
            if let build, owns(row, Int(stage.raw), of: build) { accept(row, Int(stage.raw), of: build, &effects) }
            if shards.rows[row].isOver { close(row) }
        case .failed(let retryable):
            abandon(row, from: position, setback: retryable, isFailure: true, &effects)
        case .stopped:
            abandon(row, from: position, &effects)
        }
        if let build { endIfOver(build, &effects) }
    }

    mutating func takeBack(_ id: BuildID, _ node: NodeID, _ attempt: Attempt, _ effects: inout [Effect]) {
        guard let row = row(id, node, attempt), let assignment = shards.held(row), !assignment.started,
            assignment.reported == 0
        else { return }
        let build = build(of: row)
        if let build {
            builds[build].avoid(assignment.node, for: assignment.shard[0], wasRecalled: assignment.recalled)
        }
        // A refusal that nobody asked for counts as a try, or a node that refuses all would be asked for ever.
        abandon(row, from: 0, setback: !assignment.recalled, &effects)
        if let build { endIfOver(build, &effects) }
    }

    /// Whether this shard, or the one it is a copy of, answers for the stage.
    private func owns(_ row: Int, _ stage: Int, of build: Int) -> Bool {
        let owner = Int(builds[build].graph.stages[stage].owner)
        return owner >= 0 && builds[build].graph.stages[stage].phase == .assigned
            && (owner == row || owner == shards.rows[row].twin)
    }

    // The first result wins: a copy of the shard is stopped and no longer waited for.
    private mutating func accept(_ row: Int, _ stage: Int, of build: Int, _ effects: inout [Effect]) {
        builds[build].complete(stage, on: shards.rows[row].node, nodes: presentNodes)
        shards.rows[row].since = now
        shards.rows[row].started = true
        shards.rows[row].expected = max(shards.rows[row].expected - builds[build].graph.stages[stage].cost, 0)
        let twin = shards.rows[row].twin
        guard twin >= 0 else { return }
        handOver(row, to: row, of: build)
        stopShard(twin, .overtaken, &effects)
        if shards.rows[twin].awaited { builds[build].awaited -= 1 }
        shards.rows[twin].awaited = false
        separate(row)
    }

    private mutating func handOver(_ row: Int, to other: Int, of build: Int) {
        guard let assignment = shards.held(row) else { return }
        for stage in assignment.shard where owns(row, Int(stage.raw), of: build) {
            builds[build].graph.setOwner(Int(stage.raw), Int32(other))
        }
    }

    mutating func separate(_ row: Int) {
        let twin = shards.rows[row].twin
        guard twin >= 0 else { return }
        shards.rows[row].twin = -1
        shards.rows[twin].twin = -1
    }

    /// The node won't run the shard's stages from `position` on: they fail, go to the copy, or become ready again.
    /// Reports of earlier stages may still be under way.
    mutating func abandon(
        _ row: Int, from position: Int, setback: Bool = false, isFailure: Bool = false, _ effects: inout [Effect]
    ) {
        guard let assignment = shards.held(row) else { return }
        let rest = assignment.shard.indices.filter { $0 >= position && !assignment.isReported($0) }
            .map { Int(assignment.shard[$0].raw) }
        shards.rows[row].report(from: position)
        if let build = build(of: row) {
            if assignment.twin >= 0 {
                handOver(row, to: assignment.twin, of: build)
                separate(row)
            } else {
                giveBack(
                    rest.filter { owns(row, $0, of: build) }, of: build, node: assignment.node,
                    triesAgain: assignment.stopping || !isFailure || setback, setback: setback && !assignment.stopping,
                    &effects)
            }
        }
        guard shards.rows[row].isOver else { return }
        separate(row)
        close(row)
    }

    // Only the first stage was running: the failure, or the lost try, is its own.
    private mutating func giveBack(
        _ stages: [Int], of build: Int, node: Int, triesAgain: Bool, setback: Bool, _ effects: inout [Effect]
    ) {
        guard let head = stages.first else { return }
        let isLastTry = setback && !builds[build].noteSetback(head, on: node)
        if case .failed(let cause) = builds[build].stopping {
            for stage in stages {
                builds[build].graph.skip(stage, because: cause.raw)
                effects.append(.skipped(builds[build].id, StageIndex(Int32(stage)), because: cause))
            }
            return
        }
        for stage in stages { builds[build].requeue(stage, nodes: presentNodes) }
        if !triesAgain || isLastTry { fail(head, of: build, &effects) }
    }

    /// Frees what a shard that is over took.
    mutating func close(_ row: Int) {
        let (slot, node) = (shards.rows[row].slot, shards.rows[row].node)
        if let build = build(of: row) {
            builds[build].shardsHeld[slot.index] -= 1
            if shards.rows[row].awaited { builds[build].awaited -= 1 }
            if slot == .run { builds[build].noteRun(on: node, -1) }
        }
        nodes[node].release(slot, memory: shards.rows[row].memory, cost: shards.rows[row].cost)
        shards.remove(row)
        if nodes[node].presence == .draining, nodes[node].isIdle { nodes[node].presence = .absent }
        refresh(node)
    }
}

extension BuildState {
    /// The next try goes elsewhere if it can; not counted as a try.
    mutating func avoid(_ node: Int, for stage: Scheduler.StageIndex, wasRecalled: Bool = false) {
        setbacks[stage.raw, default: Setback(node: node)].node = node
        if wasRecalled { setbacks[stage.raw]?.recalls += 1 }
    }
}
