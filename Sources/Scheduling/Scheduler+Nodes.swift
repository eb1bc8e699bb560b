// Nodes join, drain and are lost.

extension Scheduler {
    /// The place of a node in `nodes`; a node that was only heard of is absent.
    mutating func slot(of node: NodeID) -> Int {
        if let known = nodeSlots[node] { return known }
        nodeSlots[node] = nodes.count
        nodes.append(NodeLoad(id: node))
        return nodes.count - 1
    }

    mutating func join(_ id: NodeID, _ capacity: NodeCapacity) {
        let node = slot(of: id)
        nodes[node].capacity = capacity
        nodes[node].presence = .present
        presentNodes.set(node, to: true)
        refresh(node)
    }

    mutating func drain(_ id: NodeID, _ effects: inout [Effect]) {
        guard let node = nodeSlots[id], nodes[node].presence == .present else { return }
        leave(node, as: .draining)
        for row in shards.rows.indices {
            guard let assignment = shards.held(row), assignment.node == node else { continue }
            if !assignment.started { recall(row, &effects) }
        }
        if nodes[node].isIdle { nodes[node].presence = .absent }
    }

    mutating func lose(_ id: NodeID, _ effects: inout [Effect]) {
        guard let node = nodeSlots[id], nodes[node].presence != .absent else { return }
        leave(node, as: .absent)
        for row in shards.rows.indices {
            guard let assignment = shards.held(row), assignment.node == node else { continue }
            let build = build(of: row)
            abandon(row, from: assignment.firstUnreported, setback: true, &effects)
            if let build { endIfOver(build, &effects) }
        }
    }

    private mutating func leave(_ node: Int, as presence: NodeLoad.Presence) {
        nodes[node].presence = presence
        presentNodes.set(node, to: false)
        releaseReservation(node)
        refresh(node)
        for build in activeBuilds { builds[build].unbind(from: node, nodes: presentNodes) }
    }

    /// Keeps the sets of nodes true to a node that changed.
    mutating func refresh(_ node: Int) {
        let reserved = nodes[node].reserved != nil
        reservedNodes.set(node, to: reserved)
        openNodes[SlotClass.run.index].set(node, to: !reserved && nodes[node].hasRoom(.run))
        openNodes[SlotClass.transfer.index].set(node, to: nodes[node].hasRoom(.transfer))
    }

    /// The stage that waits for memory on this node may go elsewhere.
    mutating func releaseReservation(_ node: Int) {
        guard let reserved = nodes[node].reserved else { return }
        nodes[node].reserved = nil
        refresh(node)
        if builds[reserved.build].stopping == nil { builds[reserved.build].push(reserved.stage) }
    }
}
