// Decides which stage runs where and when, for several builds on several nodes: a value, told events, answering effects.

/// The parallel scheduler.
///
/// A stage is assigned exactly once, after all its parents are done, unless its node fails it, leaves, or a copy is asked
/// for; a node never holds more shards than its capacity, nor more of a build than the build's limit. Between builds
/// slots are shared by weight; within a build the stage with the longest way to the end goes first. Work is never held
/// back while a slot that may take it is free. The same events give the same effects, on any machine.
///
/// A build of V stages and E edges costs O(V + E) steps and O(log V) for each place in a queue; one assignment looks at
/// `PlacementCost.candidatesMax` nodes and at every build that wants a slot.
///
/// Events that name what is unknown or over (a build, node, stage or attempt) change nothing: they come late or twice.
package struct Scheduler: Sendable {
    /// More stages in one build than this cancel it.
    package static let stagesMax = 1 << 24

    /// Lower in tests.
    var stagesLimit = Scheduler.stagesMax
    var builds: [BuildState] = []
    /// Slots in `builds` that are in use, in order of their start, and those that are not.
    var activeBuilds: [Int] = []
    var freeBuildSlots: [Int] = []
    var buildSlots: [BuildID: Int] = [:]

    /// Nodes keep their place after they left: stages remember where they ran.
    var nodes: [NodeLoad] = []
    var nodeSlots: [NodeID: Int] = [:]
    var presentNodes = NodeBits()
    /// Nodes that can take a shard, by class.
    var openNodes = [NodeBits(), NodeBits()]
    var reservedNodes = NodeBits()

    var shards = AssignmentTable()
    /// The latest moment heard of: a clock that steps back doesn't make time go back.
    var now = Moment(nanoseconds: .min)
    var round: UInt64 = 0
    var served: UInt64 = 0
    /// Where the look for free nodes begins, by class.
    var nodeCursors = [0, 0]

    package init() {}

    package mutating func step(_ event: Event, now: Moment) -> [Effect] {
        var effects: [Effect] = []
        step(event, now: now, into: &effects)
        return effects
    }

    /// The same, appending to a buffer that the caller uses again.
    package mutating func step(_ event: Event, now moment: Moment, into effects: inout [Effect]) {
        now = max(now, moment)
        switch event {
        case .nodeJoined(let node, let capacity): join(node, capacity)
        case .nodeLeft(let node, .draining): drain(node, &effects)
        case .nodeLeft(let node, .lost): lose(node, &effects)
        case .buildAdded(let build, let limits): addBuild(build, limits)
        case .stagesAdded(let build, let batch): addStages(build, batch, &effects)
        case .sealed(let build): seal(build, &effects)
        case .cancelled(let build, let reason): cancel(build, reason, &effects)
        case .started(let build, let node, let attempt): noteStart(build, node, attempt)
        case .supply(let build, let node, let attempt, let isUnderWay): noteSupply(build, node, attempt, isUnderWay)
        case .finished(let build, let stage, let node, let attempt, let outcome):
            finish(build, stage, node, attempt, outcome, &effects)
        case .returned(let build, let node, let attempt): takeBack(build, node, attempt, &effects)
        case .overdue(let build, let stage): copy(build, stage, &effects)
        case .lost(let build, let stages, let node):
            forget(build, stages)
            if let node { lose(node, &effects) }
        case .replaced(let build, let stage): replace(build, stage, &effects)
        case .tick: break
        }
        dispatch(&effects)
        if case .tick = event { rebalance(&effects) }
    }

    /// How far a build is; nil when it is not known or over.
    package func progress(of build: BuildID) -> Progress? {
        buildSlots[build].map { builds[$0].graph.counts }
    }
}
