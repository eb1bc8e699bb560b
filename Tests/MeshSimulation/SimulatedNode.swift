// A node that makes layers: each says what it was made by and on, so that a wrong parent is seen at once.
package import Digests
package import Mesh
package import Reports
package import Scheduling
package import Stages
import Synchronization

package final class SimulatedNode: StageRunner {
    private struct State {
        var steps: [StageDigest: RememberedStep] = [:]
        var runs: [StageDigest: Int] = [:]
        var running = 0
        var runCount = 0
    }

    private let world: SimulatedWorld
    private let project: SimulatedProject
    private let limit: Int
    package let id: Scheduler.NodeID
    private let mesh: SimulatedMesh?
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: runs at once.
    ///   - mesh: nil where there is no other node.
    package init(
        _ world: SimulatedWorld, _ project: SimulatedProject, limit: Int, id: Scheduler.NodeID = BuildMachine.ownNode,
        mesh: SimulatedMesh? = nil
    ) {
        (self.world, self.project, self.limit, self.id, self.mesh) = (world, project, limit, id, mesh)
    }

    package var running: Int { state.withLock { $0.running } }
    /// Runs that were begun.
    package var runCount: Int { state.withLock { $0.runCount } }

    /// Steps of an earlier build, of which some are lost.
    package func inherit(from other: SimulatedNode, losing percent: Int) {
        let steps = other.state.withLock { $0.steps }.sorted { $0.key < $1.key }
        for (digest, step) in steps where !world.chance(percent) {
            state.withLock { $0.steps[digest] = step }
            if let layer = step.layer { mesh?.add(layer.diffID, at: id) }
        }
    }

    /// Its disk is gone.
    package func forget() { state.withLock { $0.steps = [:] } }

    package func remembered(_ steps: [StageDigest]) async -> [StageDigest: RememberedStep] {
        try? await project.ask("remember", failing: 0) { try await world.pass(longest: 20) }
        guard mesh?.isDead(id) != true else { return [:] }
        return state.withLock { state in state.steps.filter { steps.contains($0.key) } }
    }

    @concurrent package func run(
        _ order: StageOrder, report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> StageResult {
        state.withLock { $0.running += 1 }
        defer { state.withLock { $0.running -= 1 } }
        begin(order)
        let start = world.clock.now
        try await fetch(order)
        try await world.pass(longest: 1_000)
        try await answerUnlessDead()
        try world.mayFail(world.faults.failingRuns, "run of \(order.title)")
        let layer = world.chance(15) ? nil : makeLayer(order)
        if order.isRemembered, let digest = order.digest {
            state.withLock {
                $0.steps[digest] = RememberedStep(layer: layer, on: order.base, reading: order.sourceChains ?? [])
            }
        }
        if let layer { mesh?.add(layer.diffID, at: id) }
        world.say("\(name) ran \(order.title)")
        return StageResult(layer: layer, pulledFrom: nil, duration: start.duration(to: world.clock.now))
    }

    private var name: String { mesh == nil ? project.builder : "\(project.builder) on \(id.raw)" }

    private func fetch(_ order: StageOrder) async throws {
        let contents = (order.base == .anything ? [] : [order.parent]) + order.sources.values
        try await mesh?.fetch(contents, holders: order.holders, to: id, "\(order.title)")
        try await answerUnlessDead()
    }

    /// Nothing comes from a dead node, not even an error.
    private func answerUnlessDead() async throws {
        while mesh?.isDead(id) ?? false { try await world.clock.sleep(for: .seconds(3_600)) }
    }

    private func begin(_ order: StageOrder) {
        world.say("\(name) runs \(order.title)")
        project.requireBusy("run of \(order.title)")
        guard let digest = order.digest else { return world.require(false, "\(order.title) runs without a digest") }
        let (count, running) = state.withLock { state in
            state.runs[digest, default: 0] += 1
            state.runCount += 1
            return (state.runs[digest, default: 0], state.running)
        }
        // With the nodes that die what they made is made again.
        world.require(count == 1 || mesh != nil, "\(digest) ran \(count) times in one build: \(order.title)")
        world.require(running <= limit, "\(running) runs at once, and \(limit) are allowed")
        project.check(order)
    }

    private func makeLayer(_ order: StageOrder) -> LayerName {
        let isLinked = order.base == .anything
        return world.state.withLock { state in
            state.layerCount += 1
            let layer = BlobDigest(of: Array("layer \(state.layerCount)".utf8))
            if let digest = order.digest { state.origins[layer] = (digest, isLinked ? nil : order.parent.fingerprint) }
            return LayerName(diffID: layer, byteCount: 1)
        }
    }
}
