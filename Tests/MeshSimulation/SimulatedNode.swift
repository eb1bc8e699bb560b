// A node that makes layers: each says what it was made by and on, so that a wrong parent is seen at once.
package import Digests
package import Mesh
package import Reports
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
    private let state = Mutex(State())

    /// - Parameter limit: runs at once.
    package init(_ world: SimulatedWorld, _ project: SimulatedProject, limit: Int) {
        (self.world, self.project, self.limit) = (world, project, limit)
    }

    package var running: Int { state.withLock { $0.running } }
    /// Runs that were begun.
    package var runCount: Int { state.withLock { $0.runCount } }

    /// Steps of an earlier build, of which some are lost.
    package func inherit(from other: SimulatedNode, losing percent: Int) {
        let steps = other.state.withLock { $0.steps }.sorted { $0.key < $1.key }
        for (digest, step) in steps where !world.chance(percent) { state.withLock { $0.steps[digest] = step } }
    }

    package func remembered(_ steps: [StageDigest]) async -> [StageDigest: RememberedStep] {
        try? await project.ask("remember", failing: 0) { try await world.pass(longest: 20) }
        return state.withLock { state in state.steps.filter { steps.contains($0.key) } }
    }

    @concurrent package func run(
        _ order: StageOrder, report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> StageResult {
        state.withLock { $0.running += 1 }
        defer { state.withLock { $0.running -= 1 } }
        begin(order)
        let start = world.clock.now
        try await world.pass(longest: 1_000)
        try world.mayFail(world.faults.failingRuns, "run of \(order.title)")
        let layer = world.chance(15) ? nil : makeLayer(order)
        if order.isRemembered, let digest = order.digest {
            state.withLock { $0.steps[digest] = RememberedStep(layer: layer, on: order.base) }
        }
        world.say("\(project.builder) ran \(order.title)")
        return StageResult(layer: layer, pulledFrom: nil, duration: start.duration(to: world.clock.now))
    }

    private func begin(_ order: StageOrder) {
        world.say("\(project.builder) runs \(order.title)")
        project.requireBusy("run of \(order.title)")
        guard let digest = order.digest else { return world.require(false, "\(order.title) runs without a digest") }
        let (count, running) = state.withLock { state in
            state.runs[digest, default: 0] += 1
            state.runCount += 1
            return (state.runs[digest, default: 0], state.running)
        }
        world.require(count == 1, "\(digest) ran \(count) times in one build: \(order.title)")
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
