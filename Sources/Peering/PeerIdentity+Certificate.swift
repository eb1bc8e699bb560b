// Whom a link or a request is from, as the certificate says that TLS has checked.
import Authority
package import Mesh

extension PeerIdentity {
    /// Throws for a certificate of this authority that is not one of weft's.
    package init(certificate: [UInt8]) throws {
        let peer = try CertifiedPeer(der: certificate)
        self.init(name: peer.name, role: peer.role == .node ? .node : .client, classes: peer.classes)
    }
}
