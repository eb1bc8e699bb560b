// Stages on their way into a scheduler: what each needs, and its parents in one flat array.

extension Scheduler {
    /// What the scheduler must know of a stage. What the stage means is the caller's.
    package struct StageWork: Sendable, Hashable {
        /// Nanoseconds, learned from earlier builds; 0: unknown.
        package var expected: Int64
        /// Nanoseconds that are likely to pass after it until the build's end, in stages that the scheduler will only hear
        /// of later; 0: unknown. Counts for its rank, as if such a stage waited for it already.
        package var after: Int64
        /// Bytes to fetch when it runs elsewhere than its first parent did.
        package var bytes: Int64
        /// Bytes of memory that it is likely to need; 0: unknown.
        package var memory: Int64
        package var place: Place
        /// The node that rendezvous hashing names: wins where costs are equal.
        package var home: NodeID?
        package var slot: SlotClass
        /// May run in one shard with its only parent.
        package var chainable: Bool
        /// May be recalled from a node or copied to another: not so with secrets.
        package var movable: Bool

        package init(
            slot: SlotClass = .run, expected: Int64 = 0, after: Int64 = 0, bytes: Int64 = 0, memory: Int64 = 0,
            place: Place = .anywhere, home: NodeID? = nil, chainable: Bool = false, movable: Bool = true
        ) {
            self.expected = expected
            self.after = after
            self.bytes = bytes
            self.memory = memory
            self.place = place
            self.home = home
            self.slot = slot
            self.chainable = chainable
            self.movable = movable
        }
    }

    package enum Place: Sendable, Hashable {
        case anywhere
        /// Where its first parent ran, while that node is there; otherwise anywhere.
        case withParent
        /// On this node only; waits until the node is there.
        case node(NodeID)
    }

    /// Stages with consecutive indices, parents before children.
    package struct StageBatch: Sendable {
        /// Index of the batch's first stage: how many stages the build already has.
        package let first: StageIndex
        private(set) var works: [StageWork] = []
        /// Stage `first + i` has `parents[ends[i - 1]..<ends[i]]`.
        private(set) var parents: [StageIndex] = []
        private(set) var ends: [Int32] = []

        package init(first: StageIndex = StageIndex(0)) { self.first = first }

        package var count: Int { works.count }
        package var isEmpty: Bool { works.isEmpty }

        package mutating func reserveCapacity(stages: Int, parents count: Int) {
            works.reserveCapacity(stages)
            ends.reserveCapacity(stages)
            parents.reserveCapacity(count)
        }

        /// Adds a stage and answers its index. Parents are stages with lower indices, finished or not, each named once.
        @discardableResult
        package mutating func append(_ work: StageWork, parents newParents: ArraySlice<StageIndex>) -> StageIndex {
            let index = StageIndex(first.raw + Int32(works.count))
            for parent in newParents {
                precondition(parent.raw >= 0 && parent < index, "a stage's parents are added before it")
                parents.append(parent)
            }
            works.append(work)
            ends.append(Int32(parents.count))
            return index
        }

        @discardableResult
        package mutating func append(_ work: StageWork, parents newParents: [StageIndex] = []) -> StageIndex {
            append(work, parents: newParents[...])
        }
    }
}
