// Who gets a new certificate for an old one: a pure rule, so that no link decides it on its own.

package enum RenewalRule {
    package enum Decision: Equatable, Sendable {
        /// Issue one for this subject and the request's key.
        case grant(CertificateSubject)
        /// Why not, for people.
        case refuse(String)
    }

    /// - Parameters:
    ///   - peer: whom the link's certificate names; TLS has checked its chain.
    ///   - now: Unix seconds.
    package static func decide(
        _ request: CertificateRequest, from peer: CertifiedPeer, denied: DenyList, now: Int64
    ) -> Decision {
        if let reason = denied.isDenied(peer) { return .refuse("`\(peer.name)` is on the deny list: \(reason)") }
        switch peer.validity(at: now) {
        case .valid: break
        case .expired: return .refuse("the certificate of `\(peer.name)` has expired; issue one with `weft ca renew`")
        case .notYet: return .refuse("the certificate of `\(peer.name)` is not yet valid; is a clock wrong?")
        }
        guard peer.role == .node else {
            return .refuse("`\(peer.name)` is a client; clients get certificates from `weft ca issue client`")
        }
        if let difference = request.subject.difference(from: peer.subject) {
            return .refuse("\(difference); only `weft ca issue` changes what a certificate says")
        }
        guard request.publicKey != peer.publicKey else {
            return .refuse("the key is the old one; a new certificate comes with a new key")
        }
        return .grant(peer.subject)
    }
}
