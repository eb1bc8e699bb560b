// One build inside a scheduler: its graph, its queues of ready stages, and what it holds of each node.

struct BuildState: Sendable {
    let id: Scheduler.BuildID
    let limits: Scheduler.BuildLimits
    var graph = BuildGraph()
    /// Ready stages that may run on any node, by class. Entries may be out of date: see `nextReady`.
    var queues = [ReadyHeap(), ReadyHeap()]
    /// Ready stages that must run on one node: by node, two queues each.
    var boundQueues: [ReadyHeap] = []
    /// Nodes with a bound queue that isn't empty, by class.
    var boundNodes = [NodeBits(), NodeBits()]
    /// Shards of class `run` by node, and the nodes where they reached `limits.tasksPerNode`.
    var runsOnNode: [Int] = []
    var fullNodes = NodeBits()
    /// Shards held by nodes, by class: what fairness compares.
    var shardsHeld = [0, 0]
    /// Shards that the build's end waits for.
    var awaited = 0
    var sealed = false
    var ended = false
    var stopping: Scheduler.StopReason?
    var firstFailure: Scheduler.StageIndex?
    /// Stages that came back from a failure or a lost node: how often, and which node to avoid next.
    var setbacks: [Int32: Setback] = [:]
    /// When it last got a slot, for ties between builds.
    var lastServed: UInt64 = 0
    /// The round in which nothing of it could be placed, by class.
    var blockedInRound: [UInt64] = [0, 0]

    struct Setback: Sendable {
        var tries = 0
        var node: Int
        /// How often nodes gave it back because it waited there for too long.
        var recalls = 0
    }

    init(id: Scheduler.BuildID, limits: Scheduler.BuildLimits) {
        self.id = id
        self.limits = limits
    }

    var weight: Int { max(limits.weight, 1) }

    // MARK: Ready stages

    /// Makes a stage ready whose parents are all done. `nodes`: those that are present.
    mutating func enqueue(_ stage: Int, nodes: NodeBits) {
        graph.setPhase(stage, .ready)
        if graph.stages[stage].followsParent {
            let parentNode = graph.stages[stage].parentNode
            graph.bind(stage, to: nodes.contains(Int(parentNode)) ? parentNode : -1)
        }
        push(stage)
    }

    /// Queues a ready stage, or queues it again under a higher rank: the older entry is then found out of date.
    mutating func push(_ stage: Int) {
        let record = graph.stages[stage]
        guard record.bound >= 0 else {
            queues[record.slot.index].push(stage, rank: record.rank)
            return
        }
        let queue = Int(record.bound) * 2 + record.slot.index
        while boundQueues.count <= queue { boundQueues.append(ReadyHeap()) }
        boundQueues[queue].push(stage, rank: record.rank)
        boundNodes[record.slot.index].set(Int(record.bound), to: true)
    }

    /// The highest of the ready stages that may run anywhere. Drops entries of stages that are no longer ready or bound.
    mutating func nextReady(_ slot: Scheduler.SlotClass) -> Int? {
        while let stage = queues[slot.index].first {
            if graph.stages[stage].phase == .ready, graph.stages[stage].bound < 0 { return stage }
            queues[slot.index].popFirst()
        }
        return nil
    }

    /// The same for the stages bound to a node.
    mutating func nextReady(_ slot: Scheduler.SlotClass, boundTo node: Int) -> Int? {
        let queue = node * 2 + slot.index
        while queue < boundQueues.count, let stage = boundQueues[queue].first {
            if graph.stages[stage].phase == .ready, Int(graph.stages[stage].bound) == node { return stage }
            boundQueues[queue].popFirst()
        }
        boundNodes[slot.index].set(node, to: false)
        return nil
    }

    /// A node left: what was bound to it by its parent's bytes may run anywhere, what was pinned goes on waiting.
    mutating func unbind(from node: Int, nodes: NodeBits) {
        for slot in Scheduler.SlotClass.allCases where node * 2 + slot.index < boundQueues.count {
            var kept: [Int] = []
            while let stage = nextReady(slot, boundTo: node) {
                boundQueues[node * 2 + slot.index].popFirst()
                guard graph.stages[stage].followsParent else {
                    kept.append(stage)
                    continue
                }
                graph.bind(stage, to: -1)
                push(stage)
            }
            for stage in kept { push(stage) }
        }
    }

    // MARK: Ends of stages

    /// The stage is done; children whose last parent it was are ready.
    mutating func complete(_ stage: Int, on node: Int, nodes: NodeBits) {
        graph.setPhase(stage, .done)
        graph.setOwner(stage, -1)
        graph.setNode(stage, Int32(node))
        if !setbacks.isEmpty { setbacks[Int32(stage)] = nil }
        var edge = graph.stages[stage].firstEdge
        while edge >= 0 {
            let child = Int(graph.edges[Int(edge)].child)
            graph.noteParentDone(child, edge: edge, on: node)
            let record = graph.stages[child]
            if record.pending == 0, record.phase == .waiting, stopping == nil { enqueue(child, nodes: nodes) }
            edge = graph.edges[Int(edge)].next
        }
    }

    /// Back from a node that did not run it to the end.
    mutating func requeue(_ stage: Int, nodes: NodeBits) {
        graph.setOwner(stage, -1)
        graph.setPhase(stage, .waiting)
        if graph.stages[stage].pending == 0, stopping == nil { enqueue(stage, nodes: nodes) }
    }

    /// Counts a try that ended in a retryable failure or with its node. Answers whether there may be another.
    mutating func noteSetback(_ stage: Int, on node: Int) -> Bool {
        var setback = setbacks[Int32(stage)] ?? Setback(node: node)
        setback.tries += 1
        setback.node = node
        setbacks[Int32(stage)] = setback
        return setback.tries < max(limits.attempts, 1)
    }

    mutating func noteRun(on node: Int, _ difference: Int) {
        while runsOnNode.count <= node { runsOnNode.append(0) }
        runsOnNode[node] += difference
        if let limit = limits.tasksPerNode { fullNodes.set(node, to: runsOnNode[node] >= max(limit, 1)) }
    }
}
