// What the nodes of a simulated mesh hold and do, kept apart from what the scheduler believes.

@testable import Scheduling

typealias BuildID = Scheduler.BuildID
typealias NodeID = Scheduler.NodeID
typealias StageIndex = Scheduler.StageIndex
typealias StageWork = Scheduler.StageWork
typealias StageBatch = Scheduler.StageBatch
typealias Moment = Scheduler.Moment
typealias Shard = Scheduler.Shard
typealias Attempt = Scheduler.Attempt
typealias Effect = Scheduler.Effect
typealias Event = Scheduler.Event

/// A shard at a worker.
struct HeldShard {
    let build: BuildID
    let shard: Shard
    let node: NodeID
    let attempt: Attempt
    let slot: Scheduler.SlotClass
    /// The stage that runs, or runs next.
    var position = 0
    var started = false
    var toldToStop = false
    var recalled = false
    /// Its node is lost, or its last report was delivered.
    var isGone = false
}

struct BuildModel {
    var limits: Scheduler.BuildLimits
    var works: [StageWork] = []
    var parents: [[Int]] = []
    /// Stages whose result the scheduler took.
    var done: Set<Int> = []
    var failed: Set<Int> = []
    var skipped: [Int: Int] = [:]
    var assignments: [Int: Int] = [:]
    /// Stages that fail whenever they run.
    var cursed: Set<Int> = []
    var sealed = false
    /// Cancelled, or failed without keepGoing.
    var isStopped = false
    var outcome: Scheduler.BuildOutcome?

    var isLive: Bool { outcome == nil && !isStopped }

    func ancestors(of stage: Int) -> Set<Int> {
        var found: Set<Int> = []
        var next = parents[stage]
        while let parent = next.popLast() {
            if found.insert(parent).inserted { next += parents[parent] }
        }
        return found
    }
}
