// Signs the results that this node makes, and checks those of others: by keys that certificates of the mesh bind to names.
package import Authority
import Building
package import Digests
package import Logging
package import Stages
import Synchronization

/// A result counts when a node's key signed it for the step and class that are asked for, the mesh's authority had signed
/// the node's certificate for that time, and nobody has denied the node since.
package final class StepVerdicts: StepWitness {
    /// What results are signed with.
    package struct Signer: Sendable {
        let key: NodeKey
        /// DER.
        let certificate: [UInt8]
        let name: String

        /// Nil when the certificate is of another key: what it signed would be nobody's.
        package init?(key: NodeKey, certificate: [UInt8]) {
            guard let peer = try? CertifiedPeer(der: certificate), peer.publicKey == key.publicKey else { return nil }
            (self.key, self.certificate, name) = (key, certificate, peer.name)
        }
    }

    private struct State {
        /// Names of statements that were checked: many nodes hand on the same.
        var good: Set<BlobDigest> = []
        /// By the node that gave them.
        var refused: [String: Int] = [:]
    }

    /// Statements whose check is remembered.
    private static let goodMax = 100_000
    /// Nodes whose refused results are counted one by one.
    private static let giversMax = 10_000

    private let signer: Mutex<Signer?>
    private let certificates: KnownCertificates
    private let denial: @Sendable (CertifiedPeer) -> String?
    private let now: @Sendable () -> Int64
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameters:
    ///   - signer: nil for who makes nothing for others.
    ///   - denial: why a certificate of the mesh counts no more; nil when it does.
    ///   - now: Unix seconds.
    package init(
        signer: Signer?, authority: AuthorityCertificate, denial: @escaping @Sendable (CertifiedPeer) -> String?,
        now: @escaping @Sendable () -> Int64, logger: Logger
    ) {
        self.signer = Mutex(signer)
        certificates = KnownCertificates(authority)
        self.denial = denial
        self.now = now
        self.logger = logger
    }

    /// From now on results are signed with the key of a newer certificate.
    package func replace(by signer: Signer) { self.signer.withLock { $0 = signer } }

    /// Results that were refused so far.
    package var refusedCount: Int { state.withLock { $0.refused.values.reduce(0, +) } }

    package func statement(
        of step: RememberedStep, as digest: StageDigest, for buildClass: String
    ) -> StepStatement? {
        guard let signer = signer.withLock({ $0 }) else { return nil }
        let madeAt = now()
        let text = StepStatement.text(
            of: step, as: digest, buildClass: buildClass, maker: signer.name, madeAt: madeAt)
        guard let signature = try? signer.key.sign(text) else { return nil }
        return StepStatement(
            certificate: signer.certificate, buildClass: buildClass, madeAt: madeAt, signature: signature)
    }

    package func stillBelieves(_ statement: StepStatement) -> Bool {
        if case .success = maker(of: statement) { true } else { false }
    }

    /// Why a result is not one of `digest` that its maker stands for; nil when it is. Counted, and logged once for a node.
    /// - Parameters:
    ///   - buildClasses: those whose results may be taken; nil where `giver`, whose config says that, has looked.
    ///   - giver: the node that gave it, which need not be the maker.
    package func refusal(
        of stated: StatedStep, as digest: StageDigest, for buildClasses: [String]? = nil, from giver: String
    ) -> String? {
        guard let problem = problem(stated, digest, buildClasses) else { return nil }
        let isFirst = state.withLock { state in
            // Nobody who gives false results under many names makes the table grow.
            let key = state.refused[giver] != nil || state.refused.count < Self.giversMax ? giver : ""
            state.refused[key, default: 0] += 1
            return state.refused[key] == 1
        }
        if isFirst {
            logger.warning(
                "a result is not taken, and its step is made again; more of this node are counted only",
                metadata: ["peer": "\(giver)", "step": "\(digest)", "reason": "\(problem)"])
        }
        return problem
    }

    /// Why a result is not believed; nil when it is.
    private func problem(
        _ stated: StatedStep, _ digest: StageDigest, _ buildClasses: [String]?
    ) -> String? {
        guard let statement = stated.statement else { return "nobody has signed it" }
        if let buildClasses, !buildClasses.contains(statement.buildClass) {
            return "it was made for builds of the class `\(statement.buildClass)`"
        }
        let peer: CertifiedPeer
        switch maker(of: statement) {
        case .success(let maker): peer = maker
        case .failure(let doubt): return doubt.reason
        }
        let text = StepStatement.text(
            of: stated.step, as: digest, buildClass: statement.buildClass, maker: peer.name, madeAt: statement.madeAt)
        let name = BlobDigest(of: peer.publicKey + statement.signature + text)
        if state.withLock({ $0.good.contains(name) }) { return nil }
        guard NodeKey.verify(statement.signature, of: text, by: peer.publicKey) else {
            return "the signature of `\(peer.name)` is of something else"
        }
        state.withLock { state in
            if state.good.count >= Self.goodMax { state.good.removeAll() }
            state.good.insert(name)
        }
        return nil
    }

    private struct Doubt: Error { let reason: String }

    // Asked anew each time: the deny list and the clock go on.
    private func maker(of statement: StepStatement) -> Result<CertifiedPeer, Doubt> {
        guard let peer = certificates.peer(of: statement.certificate) else {
            return .failure(Doubt(reason: "the mesh's authority has not signed its maker's certificate"))
        }
        guard peer.role == .node else {
            return .failure(Doubt(reason: "`\(peer.name)`, which signed it, is no node"))
        }
        guard peer.validity(at: statement.madeAt) == .valid else {
            return .failure(Doubt(reason: "the certificate of `\(peer.name)` was not valid when it was made"))
        }
        if let reason = denial(peer) { return .failure(Doubt(reason: "`\(peer.name)` is denied: \(reason)")) }
        return .success(peer)
    }
}
