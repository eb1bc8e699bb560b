// Gives free slots to ready stages: which build, which stage, which node.

extension Scheduler {
    /// Assigns until no free slot has work that may take it.
    mutating func dispatch(_ effects: inout [Effect]) {
        if !reservedNodes.isEmpty { assignReserved(&effects) }
        for slot in SlotClass.allCases where !openNodes[slot.index].isEmpty {
            round += 1
            while !openNodes[slot.index].isEmpty, let build = neediestBuild(slot) {
                if !assignNext(of: build, slot, &effects) { builds[build].blockedInRound[slot.index] = round }
            }
        }
    }

    // The build with the fewest slots for its weight; among equals the one that was served longest ago. A build that
    // holds nothing goes before all that hold something, so none starves.
    private func neediestBuild(_ slot: SlotClass) -> Int? {
        var best: Int?
        for build in activeBuilds where builds[build].blockedInRound[slot.index] != round {
            guard builds[build].hasQueued(slot) else { continue }
            if let known = best, !isNeedier(build, than: known, slot) { continue }
            best = build
        }
        return best
    }

    private func isNeedier(_ left: Int, than right: Int, _ slot: SlotClass) -> Bool {
        let leftShare = builds[left].shardsHeld[slot.index] * builds[right].weight
        let rightShare = builds[right].shardsHeld[slot.index] * builds[left].weight
        return leftShare != rightShare ? leftShare < rightShare : builds[left].lastServed < builds[right].lastServed
    }

    // Stages that can run on one node only go first: they can't make use of another's slot.
    private mutating func assignNext(of build: Int, _ slot: SlotClass, _ effects: inout [Effect]) -> Bool {
        let full = slot == .run ? builds[build].fullNodes : NodeBits()
        let open = openNodes[slot.index]
        var start = 0
        while !builds[build].boundNodes[slot.index].isEmpty,
            let node = open.first(from: start, notIn: full, within: builds[build].boundNodes[slot.index])
        {
            if let stage = builds[build].nextReady(slot, boundTo: node) {
                assignOrReserve(stage, of: build, to: node, &effects)
                return true
            }
            start = node + 1
        }
        guard open.first(from: 0, notIn: full) != nil, let stage = builds[build].nextReady(slot) else { return false }
        builds[build].dropNext(slot)
        let offer = builds[build].graph.offer(from: stage)
        if let node = place(stage, memory: offer.memory, of: build) {
            assign(offer, of: build, to: node, &effects)
        } else if let node = roomiestNode(of: build) {
            reserve(node, for: stage, of: build)
        }
        return true
    }

    private mutating func assignOrReserve(_ stage: Int, of build: Int, to node: Int, _ effects: inout [Effect]) {
        builds[build].dropNext(builds[build].graph.stages[stage].slot, boundTo: node)
        let offer = builds[build].graph.offer(from: stage)
        if nodes[node].fits(offer.memory) {
            assign(offer, of: build, to: node, &effects)
        } else {
            reserve(node, for: stage, of: build)
        }
    }

    /// - Parameter copied: the row of the shard that this is a copy of.
    mutating func assign(
        _ offer: ShardOffer, of build: Int, to node: Int, copied: Int = -1, _ effects: inout [Effect]
    ) {
        let head = Int(offer.shard[0].raw)
        let slot = builds[build].graph.stages[head].slot
        var assignment = Assignment(
            build: builds[build].id, buildSlot: build, node: node, shard: offer.shard, slot: slot,
            memory: offer.memory, cost: offer.cost, movable: offer.isMovable,
            expected: builds[build].graph.works[head].expected > 0 ? offer.cost : 0, since: now)
        assignment.twin = copied
        let row = shards.insert(assignment)
        if copied >= 0 {
            shards.rows[copied].twin = row
        } else {
            builds[build].graph.assign(offer.shard, to: Int32(row))
        }
        nodes[node].take(slot, memory: offer.memory, cost: offer.cost)
        refresh(node)
        if slot == .run { builds[build].noteRun(on: node, 1) }
        builds[build].shardsHeld[slot.index] += 1
        builds[build].awaited += 1
        served += 1
        builds[build].lastServed = served
        effects.append(.assign(builds[build].id, offer.shard, nodes[node].id, shards.attempt(of: row)))
    }
}

extension BuildState {
    func hasQueued(_ slot: Scheduler.SlotClass) -> Bool {
        !queues[slot.index].isEmpty || !boundNodes[slot.index].isEmpty
    }

    /// Takes out what `nextReady` showed.
    mutating func dropNext(_ slot: Scheduler.SlotClass) { queues[slot.index].popFirst() }
    mutating func dropNext(_ slot: Scheduler.SlotClass, boundTo node: Int) {
        boundQueues[node * 2 + slot.index].popFirst()
        if boundQueues[node * 2 + slot.index].isEmpty { boundNodes[slot.index].set(node, to: false) }
    }
}
