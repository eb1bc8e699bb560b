// The stages of one build in flat arrays: who waits for whom, and in which phase each stage is.

struct BuildGraph: Sendable {
    enum Phase: UInt8, Sendable {
        /// Not all parents are done.
        case waiting
        case ready
        /// In a shard that a node holds.
        case assigned
        case done
        case failed
        case skipped
    }

    /// What every event touches; the rest of a stage is in `works`.
    struct Stage: Sendable {
        /// Nanoseconds from its start to the end of the longest chain below it.
        var rank: Int64
        /// Nanoseconds that it takes itself, moving its bytes included.
        var cost: Int64
        /// Parents that are not done.
        var pending: Int32 = 0
        /// Head of the list of its children in `edges`; -1 ends a list.
        var firstEdge: Int32 = -1
        /// Its parents begin here in `parents` and end where the next stage's begin.
        var parentsStart: Int32
        /// The assignment that answers for it, -1 without one; of a failed or skipped stage the stage that is to blame.
        var owner: Int32 = -1
        /// The node where it ran, -1 while it did not run here.
        var node: Int32 = -1
        /// The node where its first parent ran, -1 while that is not known: kept here, because the child is looked at
        /// anyhow when its parent is done, and the parent would not be when the child is placed.
        var parentNode: Int32 = -1
        /// The node that it must run on, -1 for any.
        var bound: Int32 = -1
        var phase = Phase.waiting
        var slot: Scheduler.SlotClass
        /// Some child may run in one shard with it.
        var leadsChain = false
        /// Its place is `withParent`.
        var followsParent: Bool
    }

    struct Edge: Sendable {
        let child: Int32
        let next: Int32
    }

    private(set) var stages: [Stage] = []
    private(set) var works: [Scheduler.StageWork] = []
    private(set) var counts = Scheduler.Progress()
    /// Edge `e` goes from `parents[e]` to `edges[e].child`; the edges of one parent are linked through `next`.
    private(set) var parents: [Scheduler.StageIndex] = []
    private(set) var edges: [Edge] = []
    /// Kept by `rank(from:)` and `rankAll`.
    var sweep = RankSweep()

    var count: Int { stages.count }
    var unfinished: Int { counts.waiting + counts.ready + counts.assigned }

    /// Where the stage's parents are in `parents`.
    func parentRange(of stage: Int) -> Range<Int> {
        let end = stage + 1 < stages.count ? Int(stages[stage + 1].parentsStart) : parents.count
        return Int(stages[stage].parentsStart)..<end
    }

    func parents(of stage: Int) -> ArraySlice<Scheduler.StageIndex> { parents[parentRange(of: stage)] }

    /// O(V+E) of the batch. The new stages are `waiting`; those without pending parents are for the caller to make ready.
    mutating func append(_ batch: Scheduler.StageBatch) {
        let first = stages.count
        reserve(batch)
        // The arrays of a first batch are taken over as they are.
        if first == 0 { (works, parents) = (batch.works, batch.parents) } else { works += batch.works }
        var edge = 0
        for position in 0..<batch.count {
            let work = batch.works[position]
            let cost = PlacementCost.time(of: work)
            var stage = Stage(
                rank: cost.clampedSum(work.after), cost: cost, parentsStart: Int32(edges.count), slot: work.slot,
                followsParent: work.place == .withParent)
            let end = Int(batch.ends[position])
            let onlyParent = end - edge == 1 && work.chainable
            while edge < end {
                let parent = Int(batch.parents[edge].raw)
                edges.append(Edge(child: Int32(first + position), next: stages[parent].firstEdge))
                stages[parent].firstEdge = Int32(edges.count - 1)
                if stages[parent].phase != .done { stage.pending += 1 }
                if edges.count - 1 == Int(stage.parentsStart) { stage.parentNode = stages[parent].node }
                if onlyParent { stages[parent].leadsChain = true }
                edge += 1
            }
            stages.append(stage)
        }
        if first > 0 { parents += batch.parents }
        counts.waiting += batch.count
    }

    // Grows by half at least: a graph that comes stage by stage must not be copied for each.
    private mutating func reserve(_ batch: Scheduler.StageBatch) {
        let (stagesNeeded, edgesNeeded) = (stages.count + batch.count, edges.count + batch.parents.count)
        if stagesNeeded > stages.capacity {
            stages.reserveCapacity(max(stagesNeeded, stages.count * 3 / 2))
        }
        if edgesNeeded > edges.capacity { edges.reserveCapacity(max(edgesNeeded, edges.count * 3 / 2)) }
    }

    mutating func setPhase(_ stage: Int, _ phase: Phase) {
        counts[stages[stage].phase] -= 1
        counts[phase] += 1
        stages[stage].phase = phase
    }

    mutating func setOwner(_ stage: Int, _ owner: Int32) { stages[stage].owner = owner }
    mutating func bind(_ stage: Int, to node: Int32) { stages[stage].bound = node }
    mutating func setNode(_ stage: Int, _ node: Int32) { stages[stage].node = node }
    mutating func changePending(_ stage: Int, by difference: Int32) { stages[stage].pending += difference }

    /// One parent less to wait for: the one at `edge`, done on `node`.
    mutating func noteParentDone(_ stage: Int, edge: Int32, on node: Int) {
        stages[stage].pending -= 1
        if edge == stages[stage].parentsStart { stages[stage].parentNode = Int32(node) }
    }

    /// Answers whether the rank grew.
    mutating func raiseRank(_ stage: Int, to rank: Int64) -> Bool {
        guard rank > stages[stage].rank else { return false }
        stages[stage].rank = rank
        return true
    }
}

extension Scheduler.Progress {
    subscript(phase: BuildGraph.Phase) -> Int {
        get {
            switch phase {
            case .waiting: waiting
            case .ready: ready
            case .assigned: assigned
            case .done: done
            case .failed: failed
            case .skipped: skipped
            }
        }
        set {
            switch phase {
            case .waiting: waiting = newValue
            case .ready: ready = newValue
            case .assigned: assigned = newValue
            case .done: done = newValue
            case .failed: failed = newValue
            case .skipped: skipped = newValue
            }
        }
    }
}

extension Int64 {
    /// Never negative, never beyond `max`: durations and sizes come from files and other nodes.
    func clampedSum(_ other: Int64) -> Int64 {
        let (sum, overflow) = Swift.max(self, 0).addingReportingOverflow(Swift.max(other, 0))
        return overflow ? .max : sum
    }

    func clampedProduct(_ other: Int64) -> Int64 {
        let (product, overflow) = Swift.max(self, 0).multipliedReportingOverflow(by: Swift.max(other, 0))
        return overflow ? .max : product
    }
}
