// Everything that a scheduler can ask for.

extension Scheduler {
    package enum Effect: Sendable, Hashable {
        /// Run the shard's stages one after the other on the node, and report each.
        case assign(BuildID, Shard, NodeID, Attempt)
        /// Stop the shard at `StageIndex`, its first stage without a report, and report `stopped` (or what happened).
        /// The node's slot stays taken until then.
        case stop(BuildID, StageIndex, NodeID, Attempt, StopReason)
        /// Give the shard back with `returned` if it has not started; otherwise do nothing.
        case recall(BuildID, StageIndex, NodeID, Attempt)
        /// The stage will not run, because a stage above it failed.
        case skipped(BuildID, StageIndex, because: StageIndex)
        /// The stage failed for the last time.
        case failed(BuildID, StageIndex)
        /// The last effect of a build.
        case ended(BuildID, BuildOutcome)
    }

    package enum StopReason: Sendable, Hashable {
        case user
        case deadline
        case shutdown
        /// A stage failed in a build that does not keep going.
        case failed(StageIndex)
        /// A copy of the shard was faster.
        case overtaken
        /// What it builds on was replaced.
        case replaced(StageIndex)
        case tooManyStages(limit: Int)
    }

    package enum BuildOutcome: Sendable, Hashable {
        case done
        /// `first` in the order of failing; `count` stages failed.
        case failed(first: StageIndex, count: Int)
        case cancelled(StopReason)
    }

    /// A chain of stages that one node runs in one go: each is the only parent of the next.
    package struct Shard: Sendable, Hashable, RandomAccessCollection {
        /// At most this many stages, so that a report fits in a bit set of one word.
        package static let stagesMax = 64

        private let head: StageIndex
        // Empty for most shards, and an empty array costs no allocation.
        private var tail: [StageIndex] = []

        init(_ head: StageIndex) { self.head = head }

        package var startIndex: Int { 0 }
        package var endIndex: Int { 1 + tail.count }
        package subscript(position: Int) -> StageIndex { position == 0 ? head : tail[position - 1] }

        mutating func append(_ stage: StageIndex) { tail.append(stage) }
    }

    /// How far a build is, in stages.
    package struct Progress: Sendable, Hashable {
        package var waiting = 0
        /// Could run if a slot were free. `ready > 0` and `assigned == 0` for long: no node takes its work.
        package var ready = 0
        package var assigned = 0
        package var done = 0
        package var failed = 0
        package var skipped = 0
    }
}
