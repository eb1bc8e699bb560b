// How packets travel between simulated nodes: late, lost, twice, or not at all.
import Membership

package struct SimulatedLinks: Sendable {
    /// Nanoseconds of one way: at least this, and up to as much again.
    package var delay: Int64 = 300_000
    /// Packets lost, in percent.
    package var lossPercent = 0
    /// Packets that come twice, in percent.
    package var duplicatePercent = 0
    /// Nanoseconds more for what goes to a slow node.
    package var slowness: [Int: Int64] = [:]
    /// The side of the partition that a node is on; nil: no partition.
    package var side: [Int]?
    /// Ways that are cut.
    package var cutWays: Set<Way> = []

    package struct Way: Hashable, Sendable {
        let from: Int
        let to: Int
    }

    /// When copies of a packet arrive.
    func arrivals(from: Int, to: Int, at time: Int64, _ choices: inout SeededChoices) -> [Int64] {
        if let side, side[from] != side[to] { return [] }
        if !cutWays.isEmpty, cutWays.contains(Way(from: from, to: to)) { return [] }
        if lossPercent > 0, choices.below(100) < lossPercent { return [] }
        let arrival = time + delay + Int64(choices.below(Int(delay))) + (slowness[to] ?? 0)
        guard duplicatePercent > 0, choices.below(100) < duplicatePercent else { return [arrival] }
        return [arrival, arrival + Int64(choices.below(Int(delay) * 100))]
    }
}
