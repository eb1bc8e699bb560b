// One build on nodes that do what they are told, for tests that tell a story step by step.

@testable import Scheduling

struct SteppedBuild {
    var scheduler = Scheduler()
    let build = BuildID(0)
    var now: Int64 = 0
    /// Heads of all shards assigned, in order.
    private(set) var order: [StageIndex] = []
    /// Shards that were assigned and not yet reported.
    var running: [(shard: Shard, node: NodeID, attempt: Attempt)] = []
    private(set) var effects: [Effect] = []
    private var batch = StageBatch()

    /// - Parameter slots: of class `run`, on each of `nodes` nodes; as many of class `transfer`.
    init(nodes: Int = 1, slots: Int, memory: Int64? = nil, limits: Scheduler.BuildLimits = .init()) {
        for node in 0..<nodes {
            send(.nodeJoined(NodeID(UInt32(node)), .init(run: slots, transfer: slots, memory: memory)))
        }
        send(.buildAdded(build, limits))
    }

    var assigned: [StageIndex] { running.map { $0.shard[0] } }
    var nodes: [UInt32] { running.map(\.node.raw) }

    @discardableResult
    mutating func add(_ work: StageWork, _ parents: [StageIndex] = []) -> StageIndex {
        batch.append(work, parents: parents)
    }

    mutating func tell() {
        send(.stagesAdded(build, batch))
        batch = StageBatch(first: StageIndex(batch.first.raw + Int32(batch.count)))
    }

    mutating func send(_ event: Event) {
        effects = scheduler.step(event, now: Moment(nanoseconds: now))
        for effect in effects {
            guard case .assign(_, let shard, let node, let attempt) = effect else { continue }
            order.append(shard[0])
            running.append((shard, node, attempt))
        }
    }

    /// Reports the first stage of the shard at `index` that was not reported.
    mutating func report(_ index: Int = 0, stage: Int = 0, _ outcome: Scheduler.Outcome = .done) {
        let held = running[index]
        if outcome != .done || stage == held.shard.count - 1 { running.remove(at: index) }
        send(.finished(build, held.shard[stage], held.node, held.attempt, outcome))
    }

    mutating func finishNext() {
        let held = running.removeFirst()
        for stage in held.shard { send(.finished(build, stage, held.node, held.attempt, .done)) }
    }

    mutating func finishAll() {
        while !running.isEmpty { finishNext() }
    }

    mutating func start(_ index: Int = 0) { send(.started(build, running[index].node, running[index].attempt)) }
}
