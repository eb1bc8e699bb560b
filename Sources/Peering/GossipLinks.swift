// Carries membership's packets: each is one call to the node that it is for.
package import Membership
import Mesh

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
}
