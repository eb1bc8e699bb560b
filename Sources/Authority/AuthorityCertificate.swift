// A mesh's authority as everybody sees it: the certificate that all others are checked against.
import Crypto
import SwiftASN1
package import SystemPackage
import X509

package struct AuthorityCertificate: Sendable {
    package static let fileName = "authority.pem"

    let certificate: Certificate
    package let pem: String
    /// `weft mesh NAME`.
    package let name: String
    /// Unix seconds.
    package let notBefore: Int64
    package let notAfter: Int64
    /// SHA-256 of the certificate in DER, lower-case hexadecimal.
    package let fingerprint: String

    package init(pem: String, what: String = fileName) throws(AuthorityError) {
        let all = try PEMCertificates.read(pem, what: what)
        guard let first = all.first, all.count == 1 else {
            throw .unfit(what: what, why: "it holds \(all.count) certificates, not one")
        }
        try self.init(first, what: what)
    }

    package init(file path: FilePath) throws(AuthorityError) {
        try self.init(pem: try CertificateFiles.read(path), what: path.string)
    }

    init(_ read: PEMCertificates.One, what: String) throws(AuthorityError) {
        certificate = read.certificate
        pem = read.pem
        fingerprint = Hexadecimal.text(SHA256.hash(data: read.der))
        let time = CertificateTime(of: certificate)
        (notBefore, notAfter) = (time.first, time.last)
        guard let name = certificate.subject.onlyCommonName, certificate.subject == certificate.issuer,
            case .isCertificateAuthority? = try? certificate.extensions.basicConstraints,
            Curve25519.Signing.PublicKey(certificate.publicKey) != nil,
            certificate.publicKey.isValidSignature(certificate.signature, for: certificate)
        else { throw .unfit(what: what, why: "it is not the certificate of a mesh's authority") }
        self.name = name
    }

    /// Whether the mesh's authority signed `leaf`; its time is not looked at.
    package func hasSigned(_ leaf: [UInt8]) -> Bool {
        guard let certificate = try? Certificate(derEncoded: leaf) else { return false }
        return certificate.issuer == self.certificate.subject
            && self.certificate.publicKey.isValidSignature(certificate.signature, for: certificate)
    }

    /// Why nobody should believe `leaf`, by its chain and time; nil when it is good. Deny lists are not looked at.
    /// - Parameter now: Unix seconds.
    package func problem(_ leaf: [UInt8], now: Int64) async throws(AuthorityError) -> String? {
        let peer = try CertifiedPeer(der: leaf)
        guard let certificate = try? Certificate(derEncoded: leaf) else { return "it can't be read" }
        guard certificate.issuer == self.certificate.subject,
            self.certificate.publicKey.isValidSignature(certificate.signature, for: certificate)
        else { return "it was not signed by `\(name)`" }
        guard now <= notAfter else { return "its authority's own certificate has expired" }
        guard now >= notBefore else { return "its authority's own certificate is not yet valid; is the clock right?" }
        switch peer.validity(at: now) {
        case .expired: return "it has expired"
        case .notYet: return "it is not yet valid; is the clock right?"
        case .valid: break
        }
        var verifier = Verifier(rootCertificates: CertificateStore([self.certificate])) {
            CertificateTime.policy(at: now)
        }
        let result = await verifier.validate(leaf: certificate, intermediates: CertificateStore())
        guard case .couldNotValidate(let failures) = result else { return nil }
        return "its chain is not valid" + (failures.first.map { ": \($0.policyFailureReason)" } ?? "")
    }
}

/// Certificates in PEM, one after the other.
enum PEMCertificates {
    struct One {
        let certificate: Certificate
        let der: [UInt8]
        let pem: String
    }

    /// Certificates of one file.
    static let countMax = 16

    static func read(_ text: String, what: String) throws(AuthorityError) -> [One] {
        do {
            let documents = try PEMDocument.parseMultiple(pemString: text)
            guard documents.count <= countMax else { throw Problem.many }
            return try documents.map { document in
                guard document.discriminator == Certificate.defaultPEMDiscriminator else { throw Problem.kind }
                return One(
                    certificate: try Certificate(derEncoded: document.derBytes), der: document.derBytes,
                    pem: document.pemString + "\n")
            }
        } catch {
            throw .unreadable(what: what, why: "it holds something else than certificates in PEM")
        }
    }

    private enum Problem: Error { case many, kind }
}
