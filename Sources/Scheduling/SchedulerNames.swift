// The small names by which a scheduler and its caller speak of builds, stages, nodes, attempts and time.

extension Scheduler {
    /// A build, as its caller numbers it. Never used for two builds during the life of one scheduler.
    package struct BuildID: Hashable, Sendable {
        package let raw: UInt32
        package init(_ raw: UInt32) { self.raw = raw }
    }

    /// A node, as the caller numbers it. A node that leaves and comes back keeps its number: its bytes are still there.
    package struct NodeID: Hashable, Sendable {
        package let raw: UInt32
        package init(_ raw: UInt32) { self.raw = raw }
    }

    /// A stage within its build: 0, 1, 2, … in the order in which stages are added, parents first.
    package struct StageIndex: Hashable, Comparable, Sendable {
        package let raw: Int32
        package init(_ raw: Int32) { self.raw = raw }

        package static func < (left: StageIndex, right: StageIndex) -> Bool { left.raw < right.raw }
    }

    /// One assignment of one shard to one node, unique for the life of a scheduler.
    /// A report that bears an attempt which is over is ignored.
    package struct Attempt: Hashable, Sendable {
        package let raw: UInt64
        package init(_ raw: UInt64) { self.raw = raw }
    }

    /// A point on the caller's monotonic clock. Decides only when a shard counts as waiting or overdue, so a
    /// clock that lies costs a needless copy and never a wrong result.
    package struct Moment: Hashable, Comparable, Sendable {
        package let nanoseconds: Int64
        package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

        package static func < (left: Moment, right: Moment) -> Bool { left.nanoseconds < right.nanoseconds }

        func nanoseconds(since earlier: Moment) -> Int64 {
            let (difference, overflow) = nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
            return overflow ? 0 : difference
        }
    }

    /// What kind of slot of a node a stage takes while it runs.
    package enum SlotClass: UInt8, CaseIterable, Sendable {
        /// Takes a processor: run, copy, change of config.
        case run
        /// Takes the network: publish, pull.
        case transfer

        var index: Int { Int(rawValue) }
    }
}
