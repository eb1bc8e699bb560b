// Signs a node's membership records, and checks those of others: by keys that certificates of the mesh bind to names.
package import Authority
package import Membership
import Synchronization

/// The key in a member's card is its certificate: it proves itself.
package final class CertifiedRecords: RecordSigner {
    private let key: Mutex<NodeKey>
    private let certificates: KnownCertificates

    package init(key: NodeKey, authority: AuthorityCertificate) {
        self.key = Mutex(key)
        certificates = KnownCertificates(authority)
    }

    /// From now on records are signed with the key of a newer certificate.
    package func replace(by key: NodeKey) { self.key.withLock { $0 = key } }

    package func signature(of message: [UInt8]) -> [UInt8] { (try? key.withLock { $0 }.sign(message)) ?? [] }

    package func isGenuine(_ signature: [UInt8], of message: [UInt8], by name: NodeName, key: [UInt8]) -> Bool {
        guard let peer = certificates.peer(of: key), peer.role == .node, peer.name == name.text else { return false }
        return NodeKey.verify(signature, of: message, by: peer.publicKey)
    }
}
