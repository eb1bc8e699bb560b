// A graph of stages in two flat arrays, as benchmarks of schedulers share it.
package import Scheduling

/// Stages are 0, 1, 2, …; parents come before their children.
package struct StageGraph: Sendable {
    package private(set) var parents: [Scheduler.StageIndex] = []
    /// Stage `i` has `parents[ends[i - 1]..<ends[i]]`.
    package private(set) var ends: [Int32] = []

    init(stages: Int, edges: Int) {
        ends.reserveCapacity(stages)
        parents.reserveCapacity(edges)
    }

    package var stageCount: Int { ends.count }
    package var edgeCount: Int { parents.count }

    /// The parents of the next stage, each named once.
    mutating func append(_ stages: some Sequence<Int>) {
        for stage in stages { parents.append(Scheduler.StageIndex(Int32(stage))) }
        ends.append(Int32(parents.count))
    }

    package func parents(of stage: Int) -> ArraySlice<Scheduler.StageIndex> {
        parents[(stage == 0 ? 0 : Int(ends[stage - 1]))..<Int(ends[stage])]
    }

    /// The graph as a scheduler takes it, every stage with the same work.
    package func batch(_ work: Scheduler.StageWork = Scheduler.StageWork()) -> Scheduler.StageBatch {
        var batch = Scheduler.StageBatch()
        batch.reserveCapacity(stages: stageCount, parents: edgeCount)
        for stage in 0..<stageCount {
            batch.append(work, parents: parents(of: stage))
        }
        return batch
    }

    /// For programs in other languages: 32-bit little-endian numbers, of stages, of edges, then `ends`, then `parents`.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 * (2 + stageCount + edgeCount))
        for number in [Int32(stageCount), Int32(edgeCount)] + ends + parents.map(\.raw) {
            let word = UInt32(bitPattern: number)
            bytes += [UInt8(word & 255), UInt8(word >> 8 & 255), UInt8(word >> 16 & 255), UInt8(word >> 24)]
        }
        return bytes
    }
}
