// Where the layers of a build lie that no repo has yet, and what stands on each.
import Digests
import Scheduling
import Stages

/// A layer that no node has any more must be made again; on another layer than before nothing may stay that was built on
/// the old one.
struct LayerPlaces: Sendable {
    private var nodes: [BlobDigest: Set<Scheduler.NodeID>] = [:]
    /// Vertices that run, or ran, on a layer.
    private var users: [BlobDigest: Set<Scheduler.StageIndex>] = [:]

    mutating func add(_ layer: BlobDigest, at node: Scheduler.NodeID) { nodes[layer, default: []].insert(node) }

    mutating func add(user: Scheduler.StageIndex, of contents: [StageContent]) {
        for layer in contents.lazy.flatMap(\.layers) { users[layer.diffID, default: []].insert(user) }
    }

    /// The vertex came to nothing, or what it made is gone.
    mutating func remove(user: Scheduler.StageIndex) {
        for layer in users.keys { users[layer]?.remove(user) }
    }

    /// Whoever had the layer gives it no more.
    mutating func forget(_ layer: BlobDigest) { nodes[layer] = nil }

    func isUsed(_ layer: BlobDigest) -> Bool { users[layer]?.isEmpty == false }

    /// The node is gone. Answers the layers that are now nowhere.
    mutating func remove(_ node: Scheduler.NodeID) -> Set<BlobDigest> {
        var lost: Set<BlobDigest> = []
        for (layer, holders) in nodes where holders.contains(node) {
            nodes[layer]?.remove(node)
            if holders.count == 1 { lost.insert(layer) }
        }
        return lost
    }

    /// Of the layers of `contents` that are tracked, by diff id, who has them.
    func holders(of contents: [StageContent]) -> [BlobDigest: [Scheduler.NodeID]] {
        guard !nodes.isEmpty else { return [:] }
        var found: [BlobDigest: [Scheduler.NodeID]] = [:]
        for layer in contents.lazy.flatMap(\.layers) where found[layer.diffID] == nil {
            guard let holders = nodes[layer.diffID], !holders.isEmpty else { continue }
            found[layer.diffID] = holders.sorted { $0.raw < $1.raw }
        }
        return found
    }
}
