// Nodes as a coordinator sees them: they come with a way to their worker, and go.
package import Digests
package import Scheduling
package import Stages

/// A node that takes work from now on; said again, its capacity changed.
package struct NodeArrival: Sendable {
    package let id: Scheduler.NodeID
    /// As people know it; empty for the coordinator's own process.
    package let name: String
    package let capacity: Scheduler.NodeCapacity
    package let worker: any WorkerLink

    package init(id: Scheduler.NodeID, name: String, capacity: Scheduler.NodeCapacity, worker: any WorkerLink) {
        self.id = id
        self.name = name
        self.capacity = capacity
        self.worker = worker
    }
}

package enum NodeChange: Sendable {
    case joined(NodeArrival)
    /// `reason` for people.
    case left(Scheduler.NodeID, Scheduler.Departure, reason: String)
}

/// Steps that a node remembers.
package struct NodeMemory: Sendable {
    package let node: Scheduler.NodeID
    package let steps: [StageDigest: RememberedStep]

    package init(node: Scheduler.NodeID, steps: [StageDigest: RememberedStep]) {
        self.node = node
        self.steps = steps
    }
}

/// A failure after which the same work may succeed elsewhere, or later.
package protocol RetryableFailure: Error {}

/// A node that could not be reached.
package protocol UnreachedNode: Error {
    /// Nobody listens where it was: it did not only fall silent.
    var isAbsent: Bool { get }
}

/// A layer of the build could not be had from anybody.
package protocol MissedLayer: RetryableFailure {
    var layer: BlobDigest { get }
}

/// A node did not take an order, or gave it back.
package protocol RefusedOrder: Error {}
