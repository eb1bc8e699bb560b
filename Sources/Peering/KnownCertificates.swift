// Certificates that were looked at: each is checked against the mesh's authority once.
import Authority
import Digests
import Synchronization

/// Says nothing about time and deny lists, which go on.
final class KnownCertificates: Sendable {
    /// Certificates whose check is remembered.
    private static let countMax = 20_000

    private let authority: AuthorityCertificate
    // By digest: what a hostile node makes up takes no more room than this.
    private let known = Mutex<[BlobDigest: CertifiedPeer?]>([:])

    init(_ authority: AuthorityCertificate) { self.authority = authority }

    /// Nil when the mesh's authority did not sign the certificate (DER).
    func peer(of certificate: [UInt8]) -> CertifiedPeer? {
        guard certificate.count <= CertifiedPeer.bytesMax else { return nil }
        let name = BlobDigest(of: certificate)
        if let known = known.withLock({ $0[name] }) { return known }
        let peer = authority.hasSigned(certificate) ? try? CertifiedPeer(der: certificate) : nil
        known.withLock { known in
            if known.count >= Self.countMax { known.removeAll() }
            known[name] = .some(peer)
        }
        return peer
    }
}
