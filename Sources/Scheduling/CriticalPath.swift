// Ranks: how long the longest chain from a stage to the end of the build takes. The highest rank runs first.

/// How far the ranks of older stages may lag behind.
///
/// A batch's own stages are ranked in one backward pass. Growth below older stages is passed upward at once while that
/// is cheap; a chain that grows by one stage at a time would cost O(V²) in this way. So each batch has a budget in
/// proportion to its size, and what exceeds it waits for a full pass, which is made when the graph has doubled since the
/// last one, and when the build is sealed. All together O(V+E) amortised. A stale rank costs order, never correctness.
struct RankSweep: Sendable {
    /// Older stages that a batch may touch for each of its own stages and edges.
    static let visitsPerElement = 8
    /// … and at least so many, so that single stages are ranked exactly in ordinary builds.
    static let visitsMin = 64

    var stagesAtLastPass = 0
    var isStale = false
}

extension BuildGraph {
    /// Ranks the stages from `first` on, and whatever older stages that changes.
    /// - Returns: ready stages whose rank grew.
    mutating func rank(from first: Int) -> [Int32] {
        var outdated: [Int32] = []
        for stage in stride(from: count - 1, through: first, by: -1) {
            raiseParents(of: stage, below: first, &outdated)
        }
        var raised = outdated.filter { stages[Int($0)].phase == .ready }
        guard first > 0 else {
            sweep.stagesAtLastPass = count
            return raised
        }
        var visits = RankSweep.visitsMin + RankSweep.visitsPerElement * (count - first)
        // Highest index first would visit each stage once; a stack may come twice, which the budget pays for.
        while let stage = outdated.popLast() {
            guard visits > 0 else {
                sweep.isStale = true
                break
            }
            let known = outdated.count
            visits -= 1 + parentRange(of: Int(stage)).count
            raiseParents(of: Int(stage), below: count, &outdated)
            for parent in outdated[known...] where stages[Int(parent)].phase == .ready { raised.append(parent) }
        }
        if sweep.isStale, count >= 2 * sweep.stagesAtLastPass { raised += rankAll() }
        return raised
    }

    /// One pass over everything.
    /// - Returns: ready stages whose rank grew.
    mutating func rankAll() -> [Int32] {
        var raised: [Int32] = []
        for stage in stride(from: count - 1, through: 0, by: -1) { raiseParents(of: stage, below: count, &raised) }
        sweep = RankSweep(stagesAtLastPass: count, isStale: false)
        return raised.filter { stages[Int($0)].phase == .ready }
    }

    // Parents that no longer wait for a slot are left alone: their rank, and that of all above them, decides nothing.
    private mutating func raiseParents(of stage: Int, below limit: Int, _ raised: inout [Int32]) {
        let rank = stages[stage].rank
        for edge in parentRange(of: stage) {
            let parent = Int(parents[edge].raw)
            guard stages[parent].phase == .waiting || stages[parent].phase == .ready else { continue }
            if raiseRank(parent, to: stages[parent].cost.clampedSum(rank)), parent < limit {
                raised.append(Int32(parent))
            }
        }
    }
}
