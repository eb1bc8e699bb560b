// One random story: a mesh and its builds drawn from a seed, lived until nothing is left to happen.

@testable import Scheduling

struct Story {
    enum Faults: Equatable {
        case none
        /// Some stages fail.
        case stages(keepGoing: Bool)
        /// Also nodes, clocks, messages, cancellations, and results that are lost or replaced.
        case everything
    }

    /// A story that is longer does not end: the greatest has some 60 stages.
    static let movesMax = 20_000
    /// After so many moves the faults stop, and then the story must end.
    static let faultyMovesMax = 400

    var world = World()
    var random: SeededGenerator
    let faults: Faults
    private(set) var log: [Effect] = []
    /// Batches that were not yet told, by build.
    private var toTell: [(build: BuildID, batches: [StageBatch])] = []
    private var echoes: [Event] = []
    private let nodeCount: Int
    private var moves = 0

    init(seed: UInt64, faults: Faults) {
        random = SeededGenerator(seed: seed)
        self.faults = faults
        nodeCount = 1 + random.below(5)
        let isMemoryLimited = random.chance(30)
        for node in 0..<nodeCount {
            let memory = isMemoryLimited ? Int64(50 + random.below(100)) : nil
            let queued = random.chance(30) ? random.below(3) : 0
            let capacity = Scheduler.NodeCapacity(
                run: 1 + random.below(4), transfer: 1 + random.below(2), queued: queued, memory: memory)
            send(.nodeJoined(NodeID(UInt32(node)), capacity))
        }
        for build in 0..<1 + random.below(3) { addBuild(BuildID(UInt32(build))) }
    }

    private mutating func send(_ event: Event) {
        let lie = faults == .everything && random.chance(5)
        let lies: [Int64] = [.min, .max / 2, world.now - 3_600_000_000_000, world.now + 3_600_000_000_000]
        world.send(event, at: lie ? lies[random.below(lies.count)] : nil)
        log += world.effects
    }

    // MARK: Drawing

    private mutating func addBuild(_ id: BuildID) {
        var keepGoing = random.chance(50)
        if case .stages(let fixed) = faults { keepGoing = fixed }
        let limit = random.chance(40) ? 1 + random.below(3) : nil
        let attempts = faults == .everything ? 1000 : 3
        send(
            .buildAdded(
                id,
                .init(keepGoing: keepGoing, tasksPerNode: limit, weight: 1 + random.below(3), attempts: attempts)))
        let (stages, batchCount) = (random.below(25), 1 + random.below(3))
        var batches: [StageBatch] = []
        var first = 0
        for number in 0..<batchCount {
            let end = number == batchCount - 1 ? stages : first + random.below(stages - first + 1)
            var batch = StageBatch(first: StageIndex(Int32(first)))
            for stage in first..<end { batch.append(drawWork(), parents: drawParents(of: stage)) }
            batches.append(batch)
            first = end
        }
        if faults != .none {
            for stage in 0..<stages where random.chance(6) { world.builds[id]?.cursed.insert(stage) }
        }
        toTell.append((id, batches))
    }

    private mutating func drawParents(of stage: Int) -> [StageIndex] {
        guard stage > 0 else { return [] }
        if random.chance(35) { return [StageIndex(Int32(stage - 1))] }
        return Set((0..<random.below(4)).map { _ in Int32(random.below(stage)) }).sorted().map { StageIndex($0) }
    }

    private mutating func drawWork() -> StageWork {
        var place = Scheduler.Place.anywhere
        if random.chance(10) { place = .withParent }
        if random.chance(10) { place = .node(NodeID(UInt32(random.below(nodeCount)))) }
        return StageWork(
            slot: random.chance(20) ? .transfer : .run, expected: Int64(random.below(5)) * 1_000_000_000,
            bytes: Int64(random.below(1 << 30)), memory: random.chance(50) ? Int64(random.below(120)) : 0, place: place,
            home: random.chance(50) ? NodeID(UInt32(random.below(nodeCount + 1))) : nil, chainable: random.chance(60),
            movable: random.chance(90))
    }

    // MARK: Living

    mutating func run() {
        while world.violation == nil, moves < Story.movesMax, move() {
            moves += 1
            world.now += Int64(random.below(2_000_000_000))
        }
        world.expect(moves < Story.movesMax, "the story does not end")
    }

    // One random thing that can happen; false when nothing can.
    private mutating func move() -> Bool {
        if faults == .everything, moves < Story.faultyMovesMax, random.chance(20) {
            misfortune()
            return true
        }
        let choice = random.below(10)
        if choice < 2, tell() { return true }
        if choice < 5, !world.underWay.isEmpty {
            deliver()
            return true
        }
        if choice == 5, faults != .none, random.chance(30) {
            send(.tick)
            return true
        }
        if work() || tell() { return true }
        if !world.underWay.isEmpty {
            deliver()
            return true
        }
        return revive()
    }

    private mutating func deliver() {
        let index = random.below(world.underWay.count)
        if faults == .everything, random.chance(10) { echoes.append(world.underWay[index]) }
        world.deliver(index)
        log += world.effects
    }

    private mutating func tell() -> Bool {
        guard !toTell.isEmpty else { return false }
        let index = random.below(toTell.count)
        let build = toTell[index].build
        if world.builds[build]?.outcome != nil {
            toTell.remove(at: index)
        } else if toTell[index].batches.isEmpty {
            send(.sealed(build))
            toTell.remove(at: index)
        } else {
            send(.stagesAdded(build, toTell[index].batches.removeFirst()))
        }
        return true
    }

    private mutating func work() -> Bool {
        let busy = world.busy
        guard !busy.isEmpty else { return false }
        let index = busy[random.below(busy.count)]
        let held = world.shards[index]
        let stage = Int(held.shard[held.position].raw)
        if held.toldToStop, random.chance(80) {
            world.report(index, .stopped)
        } else if held.recalled, !held.started {
            world.giveBack(index)
        } else if !held.started, random.chance(20) {
            world.tellSupply(index, isUnderWay: random.chance(50))
        } else if !held.started {
            world.start(index)
        } else if world.builds[held.build]?.cursed.contains(stage) == true {
            world.report(index, .failed(retryable: false))
        } else if faults == .everything, moves < Story.faultyMovesMax, random.chance(5) {
            world.report(index, .failed(retryable: true))
        } else {
            world.report(index, .done)
        }
        return true
    }

    private mutating func misfortune() {
        let node = NodeID(UInt32(random.below(nodeCount)))
        let build = BuildID(UInt32(random.below(world.builds.count)))
        let stages = world.builds[build]?.works.count ?? 0
        let stage = StageIndex(Int32(stages == 0 ? 7 : random.below(stages)))
        switch random.below(12) {
        case 0, 1: if world.nodes[node] != nil { send(.nodeLeft(node, .lost)) }
        case 2: if world.nodes[node] != nil { send(.nodeLeft(node, .draining)) }
        case 3, 4: rejoin(node)
        case 5: if random.chance(5) { send(.cancelled(build, .user)) }
        case 6: if random.chance(30) { send(.lost(build, [stage])) }
        case 7: if random.chance(30) { send(.replaced(build, stage)) }
        case 8: send(.overdue(build, stage))
        case 9: if let echo = echoes.popLast() { send(echo) }
        case 10: send(.finished(build, stage, node, Attempt(UInt64(random.below(9))), .done))
        default: send(.tick)
        }
    }

    private mutating func rejoin(_ node: NodeID) {
        guard world.nodes[node] == nil || world.draining.contains(node) else { return }
        let capacity = world.nodes[node] ?? Scheduler.NodeCapacity(run: 1 + random.below(3), transfer: 1, memory: 100)
        send(.nodeJoined(node, capacity))
    }

    // The faults are over: nodes come back, so that what waits for them can go on.
    private mutating func revive() -> Bool {
        for node in 0..<nodeCount
        where world.nodes[NodeID(UInt32(node))] == nil || world.draining.contains(NodeID(UInt32(node))) {
            rejoin(NodeID(UInt32(node)))
            return true
        }
        return false
    }

    // MARK: Judging

    /// What is wrong with the end, if anything.
    func verdict() -> String? {
        for (id, build) in world.builds.sorted(by: { $0.key.raw < $1.key.raw }) {
            guard let outcome = build.outcome else {
                return "build \(id.raw) did not end: \(String(describing: scheduler(id)))"
            }
            if let wrong = verdict(build, outcome) { return "build \(id.raw): \(wrong)" }
        }
        return nil
    }

    private func scheduler(_ id: BuildID) -> Scheduler.Progress? { world.scheduler.progress(of: id) }

    private func verdict(_ build: BuildModel, _ outcome: Scheduler.BuildOutcome) -> String? {
        let all = Set(build.works.indices)
        if case .cancelled = outcome { return build.isStopped ? nil : "cancelled by nobody" }
        guard build.done.union(build.failed).union(build.skipped.keys) == all else {
            return
                "stages \(all.subtracting(build.done).subtracting(build.failed).subtracting(build.skipped.keys)) have no end"
        }
        guard build.done.count + build.failed.count + build.skipped.count == all.count else {
            return "two ends for one stage"
        }
        guard build.failed.isSubset(of: build.cursed) else { return "stages \(build.failed) failed without a reason" }
        switch outcome {
        case .done where build.failed.isEmpty: break
        case .failed(let first, let count)
        where build.failed.contains(Int(first.raw)) && count == build.failed.count: break
        default: return "ended as \(outcome) with failed stages \(build.failed)"
        }
        guard build.limits.keepGoing else { return nil }
        for stage in all where build.skipped[stage] == nil {
            if !build.ancestors(of: stage).isDisjoint(with: build.failed) {
                return "stage \(stage) ran below a failed one"
            }
        }
        for (stage, cause) in build.skipped where !build.ancestors(of: stage).contains(cause) {
            return "stage \(stage) was skipped for \(cause), which is not above it"
        }
        if faults == .none, build.assignments.values.contains(where: { $0 != 1 }) {
            return "a stage was assigned twice"
        }
        return nil
    }
}
