// A mesh in one value: it feeds a scheduler, plays its workers, and checks every effect against its own books.

@testable import Scheduling

struct World {
    var scheduler = Scheduler()
    var now: Int64 = 0
    var nodes: [NodeID: Scheduler.NodeCapacity] = [:]
    var draining: Set<NodeID> = []
    var builds: [BuildID: BuildModel] = [:]
    /// In order of assignment; never shrinks, so that indices stay.
    var shards: [HeldShard] = []
    /// Reports under way, delivered in any order.
    var underWay: [Event] = []
    var effects: [Effect] = []
    private(set) var violation: String?

    mutating func expect(_ condition: Bool, _ sentence: @autoclosure () -> String) {
        if !condition, violation == nil { violation = sentence() }
    }

    // MARK: Events

    mutating func send(_ event: Event, at moment: Int64? = nil) {
        let before = build(of: event).flatMap { scheduler.progress(of: $0)?.done }
        note(event)
        effects = scheduler.step(event, now: Moment(nanoseconds: moment ?? now))
        noteDone(event, before: before)
        var mayCopy = false
        switch event {
        case .overdue, .tick: mayCopy = true
        default: break
        }
        for effect in effects { apply(effect, mayCopy: mayCopy) }
    }

    private mutating func note(_ event: Event) {
        switch event {
        case .nodeJoined(let node, let capacity):
            nodes[node] = capacity
            draining.remove(node)
        case .nodeLeft(let node, .draining): draining.insert(node)
        case .nodeLeft(let node, .lost):
            nodes[node] = nil
            draining.remove(node)
            for index in shards.indices where shards[index].node == node { shards[index].isGone = true }
        case .buildAdded(let build, let limits): builds[build] = BuildModel(limits: limits)
        case .stagesAdded(let build, let batch):
            guard builds[build]?.isStopped == false else { return }
            var start = 0
            for position in 0..<batch.count {
                builds[build]?.works.append(batch.works[position])
                builds[build]?.parents.append(batch.parents[start..<Int(batch.ends[position])].map { Int($0.raw) })
                start = Int(batch.ends[position])
            }
        case .sealed(let build): builds[build]?.sealed = true
        case .cancelled(let build, _): builds[build]?.isStopped = true
        case .lost(let build, let stages, _):
            for stage in stages where builds[build]?.isLive == true { builds[build]?.done.remove(Int(stage.raw)) }
        case .replaced(let build, let stage):
            guard let model = builds[build], model.done.contains(Int(stage.raw)), model.isLive else { return }
            builds[build]?.done = model.done.filter { !model.ancestors(of: $0).contains(Int(stage.raw)) }
        case .finished, .returned, .started, .supply: noteReport(event)
        case .overdue, .tick: break
        }
    }

    // A shard is over for the books when its worker is through with it and no report of it is under way.
    private mutating func noteReport(_ event: Event) {
        guard let attempt = attempt(of: event), let index = shards.firstIndex(where: { $0.attempt == attempt }) else {
            return
        }
        let more = underWay.contains {
            switch $0 {
            case .started, .supply: false
            default: self.attempt(of: $0) == attempt
            }
        }
        if !more, shards[index].position >= shards[index].shard.count { shards[index].isGone = true }
    }

    // Whether a result counts is the scheduler's to say; that it counts once, and is never run again, is checked.
    private mutating func noteDone(_ event: Event, before: Int?) {
        guard case .finished(let id, let stage, _, _, .done) = event, let before else { return }
        guard let after = scheduler.progress(of: id)?.done else {
            // The build ended in this step: its last stage is done, or a stopped shard was awaited.
            let hasEnd =
                builds[id]?.skipped[Int(stage.raw)] != nil || builds[id]?.failed.contains(Int(stage.raw)) == true
            if !hasEnd { builds[id]?.done.insert(Int(stage.raw)) }
            return
        }
        guard after > before else { return }
        expect(builds[id]?.done.insert(Int(stage.raw)).inserted == true, "stage \(stage.raw) is done twice")
    }

    private func build(of event: Event) -> BuildID? {
        if case .finished(let build, _, _, _, _) = event { build } else { nil }
    }

    // MARK: Effects

    private mutating func apply(_ effect: Effect, mayCopy: Bool) {
        switch effect {
        case .assign(let build, let shard, let node, let attempt):
            checkAssignment(build, shard, node, mayCopy: mayCopy)
            let slot = builds[build]?.works[Int(shard[0].raw)].slot ?? .run
            shards.append(HeldShard(build: build, shard: shard, node: node, attempt: attempt, slot: slot))
            for stage in shard { builds[build]?.assignments[Int(stage.raw), default: 0] += 1 }
            checkLimits(of: node, build)
        case .stop(_, _, let node, let attempt, _):
            guard let index = held(attempt, node) else { return }
            shards[index].toldToStop = true
        case .recall(_, _, let node, let attempt):
            guard let index = held(attempt, node) else { return }
            shards[index].recalled = true
        case .skipped(let build, let stage, let cause):
            expect(
                builds[build]?.failed.contains(Int(cause.raw)) == true, "\(stage) blames \(cause), which did not fail")
            expect(builds[build]?.skipped[Int(stage.raw)] == nil, "\(stage) was skipped twice")
            builds[build]?.skipped[Int(stage.raw)] = Int(cause.raw)
        case .failed(let build, let stage):
            expect(builds[build]?.failed.insert(Int(stage.raw)).inserted == true, "\(stage) failed twice")
            if builds[build]?.limits.keepGoing == false { builds[build]?.isStopped = true }
        case .ended(let build, let outcome):
            expect(builds[build]?.outcome == nil, "build \(build.raw) ended twice")
            builds[build]?.outcome = outcome
            let left = shards.contains { $0.build == build && !$0.isGone && !$0.toldToStop }
            expect(!left, "build \(build.raw) ended while a shard runs that was not told to stop")
        }
    }

    private func held(_ attempt: Attempt, _ node: NodeID) -> Int? {
        shards.firstIndex { $0.attempt == attempt && $0.node == node && !$0.isGone }
    }

    private mutating func checkAssignment(_ id: BuildID, _ shard: Shard, _ node: NodeID, mayCopy: Bool) {
        guard let build = builds[id] else { return expect(false, "assigned a stage of an unknown build") }
        expect(build.outcome == nil, "assigned a stage of a build that ended")
        expect(nodes[node] != nil && !draining.contains(node), "assigned to a node that does not take work")
        var available = build.done
        for stage in shard.map({ Int($0.raw) }) {
            expect(!build.done.contains(stage) || mayCopy, "stage \(stage) runs again though it is done")
            expect(build.skipped[stage] == nil && !build.failed.contains(stage), "stage \(stage) runs after its end")
            expect(available.isSuperset(of: build.parents[stage]), "stage \(stage) runs before its parents")
            available.insert(stage)
            if case .node(let pinned) = build.works[stage].place {
                expect(pinned == node, "stage \(stage) is pinned to another node")
            }
            expect(build.works[stage].slot == build.works[Int(shard[0].raw)].slot, "a shard mixes classes")
        }
        for other in shards where other.build == id && !other.isGone && !other.toldToStop && !mayCopy {
            let both = Set(other.shard[other.position...]).intersection(shard).subtracting(
                build.done.map { StageIndex(Int32($0)) })
            expect(both.isEmpty, "stages \(both) run twice")
        }
    }

    private mutating func checkLimits(of node: NodeID, _ build: BuildID) {
        guard let capacity = nodes[node] else { return }
        let here = shards.filter { $0.node == node && !$0.isGone }
        let runs = here.filter { $0.slot == .run }
        expect(runs.count <= capacity.run + capacity.queued, "\(runs.count) runs on a node with \(capacity.run) slots")
        expect(here.count - runs.count <= capacity.transfer, "too many transfers on one node")
        if let limit = builds[build]?.limits.tasksPerNode {
            expect(runs.count { $0.build == build } <= limit, "more of a build on one node than its limit \(limit)")
        }
        guard let memory = capacity.memory, runs.count > 1 else { return }
        let needs = runs.map { held in
            held.shard.map { builds[held.build]?.works[Int($0.raw)].memory ?? 0 }.max() ?? 0
        }
        // A stage that is too big for every node runs alone, or beside stages of unknown need.
        let needed = needs.reduce(0, +)
        expect(needed <= max(memory, needs.max() ?? 0), "shards of \(needed) bytes on a node with \(memory)")
    }

    // MARK: Workers

    /// Shards that may do something: with a worker alive, in order of assignment.
    var busy: [Int] { shards.indices.filter { !shards[$0].isGone && shards[$0].position < shards[$0].shard.count } }

    /// The worker reports its current stage and goes on with the next; the report is on its way.
    mutating func report(_ index: Int, _ outcome: Scheduler.Outcome) {
        let held = shards[index]
        underWay.append(.finished(held.build, held.shard[held.position], held.node, held.attempt, outcome))
        shards[index].position = outcome == .done ? held.position + 1 : held.shard.count
    }

    mutating func start(_ index: Int) {
        shards[index].started = true
        underWay.append(.started(shards[index].build, shards[index].node, shards[index].attempt))
    }

    mutating func tellSupply(_ index: Int, isUnderWay: Bool) {
        underWay.append(
            .supply(shards[index].build, shards[index].node, shards[index].attempt, isUnderWay: isUnderWay))
    }

    mutating func giveBack(_ index: Int) {
        underWay.append(.returned(shards[index].build, shards[index].node, shards[index].attempt))
        shards[index].position = shards[index].shard.count
    }

    mutating func deliver(_ index: Int) {
        send(underWay.remove(at: index))
    }

    func attempt(of event: Event) -> Attempt? {
        switch event {
        case .finished(_, _, _, let attempt, _), .started(_, _, let attempt), .returned(_, _, let attempt),
            .supply(_, _, let attempt, _):
            attempt
        default: nil
        }
    }
}
