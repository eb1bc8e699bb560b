// Which of the free nodes takes a shard, and what happens when its memory fits on none.

extension Scheduler {
    /// The cheapest of the open nodes that were looked at; nil when the memory fits on none of all open ones.
    mutating func place(_ stage: Int, memory: Int64, of build: Int) -> Int? {
        let work = builds[build].graph.works[stage]
        let index = work.slot.index
        let full = work.slot == .run ? builds[build].fullNodes : NodeBits()
        let parentNode = Int(builds[build].graph.stages[stage].parentNode)
        let home = work.home.flatMap { nodeSlots[$0] } ?? -1
        let avoided = builds[build].setbacks.isEmpty ? -1 : builds[build].setbacks[Int32(stage)]?.node ?? -1
        var best: PlacementCost?
        func consider(_ node: Int) {
            guard nodes[node].fits(memory) else { return }
            let cost = cost(of: work, on: node, parentNode: parentNode, home: home, avoided: avoided)
            if let known = best, known <= cost { return }
            best = cost
        }
        for node in [parentNode, home] where openNodes[index].contains(node) && !full.contains(node) { consider(node) }
        let first = nextOpenNode(from: nodeCursors[index], index, full)
        var next = first
        var seen = 0
        while let node = next, seen < PlacementCost.candidatesMax || best == nil {
            consider(node)
            seen += 1
            next = nextOpenNode(from: node + 1, index, full)
            if next == first { break }
        }
        if let best { nodeCursors[index] = best.node + 1 }
        return best?.node
    }

    private func nextOpenNode(from node: Int, _ index: Int, _ full: NodeBits) -> Int? {
        openNodes[index].first(from: node, notIn: full) ?? openNodes[index].first(from: 0, notIn: full)
    }

    private func cost(of work: StageWork, on node: Int, parentNode: Int, home: Int, avoided: Int) -> PlacementCost {
        let load = nodes[node]
        let (used, slots) = (load.used(work.slot), max(load.slots(work.slot), 1))
        var time = node == parentNode ? 0 : work.bytes.clampedProduct(PlacementCost.nanosecondsPerByte)
        if used >= slots { time = time.clampedSum(load.backlog / Int64(slots)) }
        if node == avoided { time = .max }
        return PlacementCost(time: time, load: used * 1000 / slots, home: node == home ? 0 : 1, node: node)
    }

    // MARK: Memory

    /// The open node with the most memory, for a stage that fits on none now.
    func roomiestNode(of build: Int) -> Int? {
        var best: Int?
        var next = openNodes[SlotClass.run.index].first(from: 0, notIn: builds[build].fullNodes)
        while let node = next {
            let memory = nodes[node].capacity.memory ?? .max
            if let known = best, memory <= nodes[known].capacity.memory ?? .max {} else { best = node }
            next = openNodes[SlotClass.run.index].first(from: node + 1, notIn: builds[build].fullNodes)
        }
        return best
    }

    mutating func reserve(_ node: Int, for stage: Int, of build: Int) {
        nodes[node].reserved = NodeLoad.Reservation(build: build, stage: stage)
        refresh(node)
    }

    /// Assigns the stages for which a node was kept free, where they fit by now.
    mutating func assignReserved(_ effects: inout [Effect]) {
        var next = reservedNodes.first(from: 0, notIn: NodeBits())
        while let node = next {
            next = reservedNodes.first(from: node + 1, notIn: NodeBits())
            guard let reserved = nodes[node].reserved else { continue }
            guard builds[reserved.build].graph.stages[reserved.stage].phase == .ready else {
                releaseReservation(node)
                continue
            }
            let offer = builds[reserved.build].graph.offer(from: reserved.stage)
            guard nodes[node].fits(offer.memory), nodes[node].hasRoom(.run) else { continue }
            nodes[node].reserved = nil
            assign(offer, of: reserved.build, to: node, &effects)
        }
    }
}
