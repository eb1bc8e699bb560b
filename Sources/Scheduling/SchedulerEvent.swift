// Everything that a scheduler can be told.

extension Scheduler {
    package enum Event: Sendable {
        /// A node takes work from now on; said again, its capacity changes.
        case nodeJoined(NodeID, NodeCapacity)
        case nodeLeft(NodeID, Departure)

        case buildAdded(BuildID, BuildLimits)
        /// More stages of a running build. May be repeated until `sealed`.
        case stagesAdded(BuildID, StageBatch)
        /// No more stages come: the build ends when all that it has are done.
        case sealed(BuildID)
        case cancelled(BuildID, StopReason)

        /// The worker began with the shard's first stage. Without it a shard counts as waiting at its node.
        case started(BuildID, NodeID, Attempt)
        /// What the shard is built on begins to come to its node, or is there: meanwhile it waits for no slot, and another
        /// node would have to fetch the same.
        case supply(BuildID, NodeID, Attempt, isUnderWay: Bool)
        case finished(BuildID, StageIndex, NodeID, Attempt, Outcome)
        /// The node gives back a shard that it did not start: the answer to `recall`, or a refusal of its own.
        case returned(BuildID, NodeID, Attempt)

        /// The shard of this stage takes too long: start a copy on another node, if one is free.
        case overdue(BuildID, StageIndex)
        /// The results of done stages are gone, together with a node if one is named: run them again. What was built on
        /// them stays. One event, so that nothing starts in between.
        case lost(BuildID, [StageIndex], with: NodeID? = nil)
        /// Another publication of a done stage won with different contents: what was built on the old ones is undone.
        case replaced(BuildID, StageIndex)
        /// Time passes: shards that wait too long are recalled, overdue ones copied. Several times a second is enough.
        case tick
    }

    package enum Departure: Sendable, Hashable {
        /// Takes nothing new, finishes what runs, gives back what waits.
        case draining
        /// Is gone: its shards are ready again, its late reports are ignored.
        case lost
    }

    package enum Outcome: Sendable, Hashable {
        case done
        /// `retryable`: the fault lies with the node or the network, another try may succeed.
        case failed(retryable: Bool)
        /// Ended because of `stop`, or because the worker shuts down; this stage and the rest of its shard did not run.
        case stopped
    }

    package struct NodeCapacity: Sendable, Hashable {
        /// Shards at once, by class.
        package var run: Int
        package var transfer: Int
        /// Shards of class `run` that may wait at the node beyond `run`, to hide the round trip.
        package var queued: Int
        /// Bytes of memory for stages; nil: not limited.
        package var memory: Int64?

        package init(run: Int, transfer: Int, queued: Int = 0, memory: Int64? = nil) {
            self.run = run
            self.transfer = transfer
            self.queued = queued
            self.memory = memory
        }
    }

    package struct BuildLimits: Sendable, Hashable {
        /// After a failure go on with all that does not depend on it.
        package var keepGoing: Bool
        /// Shards of class `run` of this build at once on one node; nil: not limited.
        package var tasksPerNode: Int?
        /// Share of the slots against other builds that want them too, 1 or more.
        package var weight: Int
        /// How often a stage is tried when its tries end in retryable failures or lost nodes, 1 or more.
        package var attempts: Int

        package init(keepGoing: Bool = false, tasksPerNode: Int? = nil, weight: Int = 1, attempts: Int = 3) {
            self.keepGoing = keepGoing
            self.tasksPerNode = tasksPerNode
            self.weight = weight
            self.attempts = attempts
        }
    }
}
