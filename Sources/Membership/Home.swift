// Which node keeps the claims of a digest: weighted rendezvous hashing, in integers.

/// The nodes that may be homes. Equal lists give equal homes, on every machine and in every release.
///
/// Rendezvous hashing (Thaler, Ravishankar 1998): each node draws a number from its name and the digest, the highest
/// wins; so a node that goes only moves what it had. A node of weight w draws w times, which gives it w shares exactly,
/// and one share more or less moves only that share. Drawing instead of the usual -log(draw)/w keeps floating point,
/// whose last bit differs between libraries, out of what all nodes must agree on; it costs about 2 ns a share.
package struct Homes: Sendable {
    /// A node's greatest weight; more counts as this.
    package static let weightMax = 256

    private struct Candidate: Sendable {
        let name: NodeName
        let hash: UInt64
        let weight: UInt64

        /// The highest of its draws.
        func draw(_ key: UInt64) -> UInt64 {
            var state = Mixing.spread(key ^ hash)
            var highest: UInt64 = 0
            for _ in 0..<weight {
                state &+= Mixing.step
                highest = max(highest, Mixing.spread(state))
            }
            return highest
        }
    }

    private let candidates: [Candidate]

    /// Without any node.
    package static var none: Homes { Homes([(name: NodeName, weight: Int)]()) }

    /// Weights are slots; nodes without any are no homes. The order does not matter.
    package init(_ nodes: some Sequence<(name: NodeName, weight: Int)>) {
        candidates = nodes.filter { $0.weight > 0 }.map {
            Candidate(name: $0.name, hash: $0.name.stableHash, weight: UInt64(min($0.weight, Self.weightMax)))
        }
    }

    /// Those that are there, build, and don't drain.
    package init(_ members: some Sequence<Swim.Row>) {
        self.init(
            members.lazy.filter { $0.state.isPresent && !$0.card.isDraining }
                .map { (name: $0.name, weight: Int($0.card.slots)) })
    }

    package var isEmpty: Bool { candidates.isEmpty }

    /// Nil when there is no node.
    package func home(of digest: [UInt8]) -> NodeName? {
        let key = Mixing.hash(digest)
        var best: (draw: UInt64, name: NodeName)?
        for candidate in candidates {
            let draw = candidate.draw(key)
            if let best, (draw, candidate.name) < best { continue }
            best = (draw, candidate.name)
        }
        return best?.name
    }

    /// The first homes of a digest, best first: who takes over when the first ones go.
    package func homes(of digest: [UInt8], count: Int) -> [NodeName] {
        let key = Mixing.hash(digest)
        let draws = candidates.map { (draw: $0.draw(key), name: $0.name) }
        return draws.sorted { $0 > $1 }.prefix(max(count, 0)).map(\.name)
    }
}
