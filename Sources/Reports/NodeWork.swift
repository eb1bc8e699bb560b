// How much each node of a mesh did for a build.

struct NodeWork: Sendable {
    private struct Sum {
        var count = 0
        var duration = Duration.zero
    }

    private var sums: [String: Sum] = [:]

    /// - Parameter node: empty for the host that was asked.
    mutating func add(_ node: String, _ duration: Duration) {
        sums[node, default: Sum()].count += 1
        sums[node, default: Sum()].duration += duration
    }

    /// A line for each node; none where the host that was asked did everything.
    var rows: [String] {
        guard sums.keys.contains(where: { !$0.isEmpty }) else { return [] }
        return sums.sorted { $0.key < $1.key }.map { node, sum in
            let stages = sum.count == 1 ? "1 stage" : "\(sum.count) stages"
            return
                "\(node.isEmpty ? "this host" : node) built \(stages) in \(ReadableNumber.seconds(sum.duration)) seconds"
        }
    }
}
