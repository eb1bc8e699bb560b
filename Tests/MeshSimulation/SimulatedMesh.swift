// Nodes beside the coordinator's own: they share layers, die, come back and drain while a build runs.
import Digests
package import Mesh
package import Scheduling
import Stages
import Synchronization

/// What was counted on went with a node.
package struct SimulatedLoss: RetryableFailure, CustomStringConvertible {
    package let description: String
}

package final class SimulatedMesh: Sendable {
    private struct State {
        var held: [Scheduler.NodeID: Set<BlobDigest>] = [:]
        var dead: Set<Scheduler.NodeID> = []
    }

    let world: SimulatedWorld
    package let changes: AsyncStream<NodeChange>
    private let sender: AsyncStream<NodeChange>.Continuation
    private let state = Mutex(State())

    package init(_ world: SimulatedWorld) {
        self.world = world
        // A story makes some dozens of changes.
        (changes, sender) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
    }

    func isDead(_ node: Scheduler.NodeID) -> Bool { state.withLock { $0.dead.contains(node) } }

    func add(_ layer: BlobDigest, at node: Scheduler.NodeID) {
        state.withLock { _ = $0.held[node, default: []].insert(layer) }
    }

    /// Brings the layers of `contents` to a node from those who are said to have them.
    func fetch(
        _ contents: [StageContent], holders: [BlobDigest: [Scheduler.NodeID]], to node: Scheduler.NodeID, _ what: String
    ) async throws {
        for layer in contents.flatMap(\.layers).map(\.diffID) {
            if state.withLock({ $0.held[node]?.contains(layer) ?? false }) { continue }
            try await world.pass(longest: 40)
            let isThere = state.withLock { state in
                holders[layer, default: []].contains {
                    !state.dead.contains($0) && state.held[$0]?.contains(layer) ?? false
                }
            }
            guard isThere else { throw SimulatedLoss(description: "\(what): nobody has a layer of it") }
            add(layer, at: node)
        }
    }

    // MARK: What happens to nodes

    /// The node is gone with its disk; the coordinator hears of it after some time.
    package func crash(_ node: Scheduler.NodeID) async {
        world.say("node \(node.raw) dies")
        state.withLock { state in
            state.dead.insert(node)
            state.held[node] = []
        }
        try? await world.clock.sleep(for: .milliseconds(world.below(3_000)))
        sender.yield(.left(node, .lost, reason: "it does not answer"))
    }

    package func drain(_ node: Scheduler.NodeID) {
        world.say("node \(node.raw) drains")
        sender.yield(.left(node, .draining, reason: "it was asked to"))
    }

    package func join(_ arrival: NodeArrival) {
        world.say("node \(arrival.id.raw) joins")
        state.withLock { _ = $0.dead.remove(arrival.id) }
        sender.yield(.joined(arrival))
    }
}
