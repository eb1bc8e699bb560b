// Who probably holds what: on a node what gossip told it, for a client what a node says.
package import Availability
import Digests
import Membership
package import Mesh

package protocol Beliefs: Sendable {
    /// Names of nodes, the nearest first, those that said so falsely before last; this node is left out.
    func holders(of name: HeldName) async -> [String]
    /// The node was asked for it, and had it or not.
    func note(_ name: HeldName, wasAt node: String, _ wasThere: Bool)
}

extension Beliefs {
    /// `all` in the order in which they are worth asking: who is said to have it, also by `hints`, and the first
    /// `othersMax` of the rest.
    func order(
        _ all: [PeerLayers.Holder], for name: HeldName, hints: [String] = [], othersMax: Int
    ) async -> [PeerLayers.Holder] {
        let believed = await holders(of: name)
        let named = (believed + hints.filter { !believed.contains($0) }).compactMap { name in
            all.first { $0.name == name }
        }
        return named + all.filter { !named.contains($0) }.prefix(othersMax)
    }
}

/// What this node heard.
package struct GossipBeliefs: Beliefs {
    private let keeper: AvailabilityKeeper

    package init(_ keeper: AvailabilityKeeper) { self.keeper = keeper }

    package func holders(of name: HeldName) async -> [String] { await keeper.holders(of: name).map(\.text) }

    package func note(_ name: HeldName, wasAt node: String, _ wasThere: Bool) {
        guard let node = NodeName(node) else { return }
        keeper.tell(wasThere ? .truth(node) : .lie(node, name))
    }
}

/// What the first node that answers says; a client hears no gossip itself.
package struct AskedBeliefs: Beliefs {
    private let links: PeerLinks
    private let nodes: @Sendable () -> [PeerLayers.Holder]

    /// Nodes that are asked until one answers.
    private static let askedMax = 2

    package init(_ links: PeerLinks, nodes: @escaping @Sendable () -> [PeerLayers.Holder]) {
        self.links = links
        self.nodes = nodes
    }

    package func holders(of name: HeldName) async -> [String] {
        for node in nodes().prefix(Self.askedMax) {
            let query = AvailabilityQuery(names: [name])
            if let answer = try? await links.node(at: node.address).desk.availability(query) {
                return answer.holders.first?.nodes ?? []
            }
        }
        return []
    }

    package func note(_ name: HeldName, wasAt node: String, _ wasThere: Bool) {}
}
