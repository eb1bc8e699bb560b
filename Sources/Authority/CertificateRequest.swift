// A signed request for a certificate (PKCS#10): how a node asks for its next one over a link.
import Crypto
import SwiftASN1
import X509

package struct CertificateRequest: Sendable {
    /// Bytes of a request in DER.
    package static let bytesMax = 16 << 10

    package let subject: CertificateSubject
    /// The new key, Ed25519, 32 bytes. Its owner signed the request.
    package let publicKey: [UInt8]
    package let der: [UInt8]

    /// For `subject` as it is in the present certificate.
    package init(_ subject: CertificateSubject, key: NodeKey) throws(AuthorityError) {
        self.subject = subject
        publicKey = key.publicKey
        do {
            let names = try Certificate.Extensions { SubjectNames.names(of: subject) }
            let attribute = try CertificateSigningRequest.Attribute(ExtensionRequest(extensions: names))
            let request = try CertificateSigningRequest(
                version: .v1, subject: try CertificateShape.commonName(subject.name), privateKey: key.certificateKey,
                attributes: CertificateSigningRequest.Attributes([attribute]), signatureAlgorithm: .ed25519)
            var serializer = DER.Serializer()
            try serializer.serialize(request)
            der = serializer.serializedBytes
        } catch { throw .unfit(what: "the request of `\(subject.name)`", why: "it can't be made: \(error)") }
    }

    /// As it came. Its signature was checked; whether it may be granted is `RenewalRule`'s to say.
    package init(der: [UInt8]) throws(AuthorityError) {
        let what = "the certificate request"
        guard der.count <= Self.bytesMax else {
            throw .unreadable(what: what, why: "it is longer than \(Self.bytesMax) bytes")
        }
        guard let request = try? CertificateSigningRequest(derEncoded: der) else {
            throw .unreadable(what: what, why: "it is no PKCS#10 request in DER")
        }
        guard let key = Curve25519.Signing.PublicKey(request.publicKey), request.signatureAlgorithm == .ed25519 else {
            throw .unfit(what: what, why: "its key or signature is not Ed25519")
        }
        guard request.publicKey.isValidSignature(request.signature, for: request) else {
            throw .unfit(what: what, why: "the owner of its key did not sign it")
        }
        guard let common = request.subject.onlyCommonName, request.attributes.count == 1,
            let asked = try? request.attributes.extensionRequest?.extensions, asked.count == 1,
            let names = try? asked.subjectAlternativeNames
        else { throw .unfit(what: what, why: "it asks for something else than names") }
        subject = try SubjectNames.subject(of: names, common: common, what: what)
        publicKey = Array(key.rawRepresentation)
        self.der = der
    }
}
