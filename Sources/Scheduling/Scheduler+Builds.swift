// Builds come, grow, fail, are cancelled, and end.

extension Scheduler {
    mutating func addBuild(_ id: BuildID, _ limits: BuildLimits) {
        guard buildSlots[id] == nil else { return }
        var state = BuildState(id: id, limits: limits)
        // A newcomer is served after those that wait as long, not before them.
        state.lastServed = served
        let slot: Int
        if let free = freeBuildSlots.popLast() {
            slot = free
            builds[slot] = state
        } else {
            slot = builds.count
            builds.append(state)
        }
        buildSlots[id] = slot
        activeBuilds.append(slot)
    }

    mutating func addStages(_ id: BuildID, _ batch: StageBatch, _ effects: inout [Effect]) {
        guard let build = buildSlots[id], builds[build].stopping == nil else { return }
        let first = builds[build].graph.count
        precondition(Int(batch.first.raw) == first, "a batch begins after the stages that the build already has")
        precondition(!builds[build].sealed, "a sealed build gets no more stages")
        guard first + batch.count <= stagesLimit else {
            return cancel(id, .tooManyStages(limit: stagesLimit), &effects)
        }
        builds[build].graph.append(batch)
        for stage in builds[build].graph.rank(from: first) { builds[build].push(Int(stage)) }
        for stage in first..<first + batch.count { admit(stage, of: build, &effects) }
    }

    // A new stage is ready, waits, or can't run any more because a parent already failed.
    private mutating func admit(_ stage: Int, of build: Int, _ effects: inout [Effect]) {
        if case .node(let node) = builds[build].graph.works[stage].place {
            builds[build].graph.bind(stage, to: Int32(slot(of: node)))
        }
        if builds[build].firstFailure != nil, let cause = builds[build].graph.failedParent(of: stage) {
            builds[build].graph.skip(stage, because: cause)
            effects.append(.skipped(builds[build].id, StageIndex(Int32(stage)), because: StageIndex(cause)))
        } else if builds[build].graph.stages[stage].pending == 0 {
            builds[build].enqueue(stage, nodes: presentNodes)
        }
    }

    mutating func seal(_ id: BuildID, _ effects: inout [Effect]) {
        guard let build = buildSlots[id] else { return }
        builds[build].sealed = true
        if builds[build].graph.sweep.isStale {
            for stage in builds[build].graph.rankAll() { builds[build].push(Int(stage)) }
        }
        endIfOver(build, &effects)
    }

    mutating func cancel(_ id: BuildID, _ reason: StopReason, _ effects: inout [Effect]) {
        guard let build = buildSlots[id], builds[build].stopping == nil else { return }
        stop(build, reason, &effects)
        endIfOver(build, &effects)
    }

    /// The stage failed for the last time.
    mutating func fail(_ stage: Int, of build: Int, _ effects: inout [Effect]) {
        let index = StageIndex(Int32(stage))
        builds[build].graph.setPhase(stage, .failed)
        builds[build].graph.setOwner(stage, Int32(stage))
        effects.append(.failed(builds[build].id, index))
        if builds[build].firstFailure == nil { builds[build].firstFailure = index }
        guard builds[build].stopping == nil else { return }
        let skipped = builds[build].graph.skipDescendants(of: stage)
        for other in skipped { effects.append(.skipped(builds[build].id, StageIndex(other), because: index)) }
        guard !builds[build].limits.keepGoing else { return }
        stop(build, .failed(index), &effects)
        for other in builds[build].graph.skipUnassigned(because: Int32(stage)) {
            effects.append(.skipped(builds[build].id, StageIndex(other), because: index))
        }
    }

    // Asks all its shards to stop, and starts nothing more.
    private mutating func stop(_ build: Int, _ reason: StopReason, _ effects: inout [Effect]) {
        builds[build].stopping = reason
        builds[build].queues = [ReadyHeap(), ReadyHeap()]
        builds[build].boundQueues = []
        builds[build].boundNodes = [NodeBits(), NodeBits()]
        for node in nodes.indices where nodes[node].reserved?.build == build { releaseReservation(node) }
        for row in shards.rows.indices where self.build(of: row) == build { stopShard(row, reason, &effects) }
    }

    mutating func stopShard(_ row: Int, _ reason: StopReason, _ effects: inout [Effect]) {
        guard let assignment = shards.held(row), !assignment.stopping, !assignment.isOver else { return }
        shards.rows[row].stopping = true
        guard nodes[assignment.node].presence != .absent else { return }
        let stage = assignment.shard[assignment.firstUnreported]
        effects.append(.stop(assignment.build, stage, nodes[assignment.node].id, shards.attempt(of: row), reason))
    }

    mutating func endIfOver(_ build: Int, _ effects: inout [Effect]) {
        guard builds[build].isOver else { return }
        for node in nodes.indices where nodes[node].reserved?.build == build { releaseReservation(node) }
        effects.append(.ended(builds[build].id, builds[build].outcome))
        buildSlots[builds[build].id] = nil
        builds[build].ended = true
        activeBuilds.removeAll { $0 == build }
        freeBuildSlots.append(build)
        // Frees the graph now: the slot may be idle for long.
        builds[build].graph = BuildGraph()
    }

    /// The build of a shard, unless it has ended.
    func build(of row: Int) -> Int? {
        guard row >= 0, shards.rows[row].isHeld else { return nil }
        // Asked with every report: the slot is looked at, not the table of ids.
        let slot = shards.rows[row].buildSlot
        return builds[slot].id == shards.rows[row].build && !builds[slot].ended ? slot : nil
    }
}

extension BuildState {
    var outcome: Scheduler.BuildOutcome {
        switch (stopping, firstFailure) {
        case (nil, nil): .done
        case (nil, let first?), (.failed, let first?): .failed(first: first, count: graph.counts.failed)
        case (let reason?, _): .cancelled(reason)
        }
    }

    var isOver: Bool { awaited == 0 && (stopping != nil || sealed && graph.unfinished == 0) }
}
