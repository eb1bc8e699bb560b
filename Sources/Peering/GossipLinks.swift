// Carries packets of membership and availability: each is one call to the node that it is for.
package import Availability
package import Membership
package import Mesh

package struct GossipLinks: Sendable {
    private let links: PeerLinks

    package init(_ links: PeerLinks) { self.links = links }

    package func send(_ packet: Packet, to destination: Swim.Destination) async {
        let message = GossipPacket(bytes: packet.encoded())
        switch destination {
        case .member(_, let address), .seed(let address):
            guard let address = PeerAddress(address), let (_, desk) = try? await links.node(at: address) else { return }
            _ = try? await desk.gossip(message)
        case .stranger(let name):
            guard let desk = try? NodeDesk.at(name.text, from: links.system) else { return }
            _ = try? await desk.gossip(message)
        }
    }

    /// To a node that `view` knows.
    package func send(_ packet: AvailabilityPacket, to node: NodeName, in view: MeshView) async {
        guard let desk = try? await links.desk(of: node.text, in: view) else { return }
        _ = try? await desk.gossip(GossipPacket(bytes: packet.encoded()))
    }
}

extension GossipPacket {
    /// For the machine of availability; otherwise for that of membership, which finds out what is neither.
    package var isAvailability: Bool { AvailabilityPacket.isOne(bytes) }
}
