// Certificates that renew themselves: a node asks for its next one, and one with the authority's key gives it.
import Authority
import Foundation
import Mesh
import Peering
import Settings
import SystemPackage

struct NodeCertificates {
    /// What came of one look at this node's certificate.
    enum Outcome {
        case notDue
        case renewed(CertifiedPeer, by: String)
        /// Why nobody gave one.
        case failed(String)
    }

    private let files: PeerFiles
    private let authority: AuthorityCertificate
    /// Nil without its key.
    private let issuer: MeshAuthority?
    private let denied: DeniedPeers

    init(_ tls: TLSFiles, _ denied: DeniedPeers) throws {
        files = PeerFiles(certificate: FilePath(tls.certificate), key: FilePath(tls.key))
        authority = try AuthorityCertificate(file: FilePath(tls.authority))
        issuer = try tls.authorityKey.map {
            try MeshAuthority(certificate: FilePath(tls.authority), key: FilePath($0))
        }
        self.denied = denied
    }

    // MARK: For others

    func answer(_ query: CertificateQuery, from peer: PeerIdentity) -> CertificateAnswer {
        guard let issuer else { return .keyless }
        do {
            let old = try CertifiedPeer(der: query.certificate)
            guard authority.hasSigned(query.certificate), old.name == peer.name, old.role == .node, peer.role == .node
            else { return .refused(reason: "that is not the certificate of `\(peer.name)`") }
            let request = try CertificateRequest(der: query.request)
            switch RenewalRule.decide(request, from: old, denied: denied.current, now: Clock.seconds) {
            case .refuse(let reason): return .refused(reason: reason)
            case .grant(let subject):
                let issued = try issuer.issue(
                    subject, to: request.publicKey, seconds: old.role.lifetime, now: Clock.seconds)
                return .granted(pem: issued.pem)
            }
        } catch { return .refused(reason: "\(error)") }
    }

    // MARK: For this node

    /// Ends what a killed process began.
    func settle() throws { try files.settle() }

    /// Renews the certificate when two thirds of its time are over. `peers`: who is asked, in this order.
    func renew(asking peers: [PeerLayers.Holder], over links: PeerLinks) async throws -> Outcome {
        try settle()
        let file = try CertificateFile(files.certificate)
        guard file.leaf.needsRenewal(Clock.seconds) else { return .notDue }
        let key = NodeKey()
        let request = try CertificateRequest(file.leaf.subject, key: key)
        let query = CertificateQuery(request: request.der, certificate: file.leafDER)
        let own = PeerIdentity(name: file.leaf.name, role: .node, classes: [])
        var reason: String?
        if let pem = Self.granted(answer(query, from: own), &reason) {
            return .renewed(try take(pem, file.leaf, key), by: file.leaf.name)
        }
        for peer in peers {
            try Task.checkCancellation()
            guard let answer = try? await links.node(at: peer.address).desk.certificate(query),
                let pem = Self.granted(answer, &reason)
            else { continue }
            return .renewed(try take(pem, file.leaf, key), by: peer.name)
        }
        return .failed(reason ?? "no node has the authority's key (tls.authorityKey)")
    }

    private static func granted(_ answer: CertificateAnswer, _ reason: inout String?) -> String? {
        switch answer {
        case .granted(let pem): return pem
        case .refused(let why): reason = why
        case .keyless: break
        }
        return nil
    }

    private func take(_ pem: String, _ old: CertifiedPeer, _ key: NodeKey) throws -> CertifiedPeer {
        let issued = try MeshAuthority.received(pem: pem, for: old.subject, key: key, by: authority)
        try files.renew(issued, key: key)
        return issued.peer
    }
}
