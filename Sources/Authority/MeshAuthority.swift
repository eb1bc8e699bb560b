// The mesh's authority with its key: makes itself, and issues certificates to nodes and clients.
import Crypto
import SwiftASN1
package import SystemPackage
import X509

package struct MeshAuthority: Sendable {
    package static let keyFileName = "authority.key"
    /// Seconds.
    package static let day: Int64 = 86_400
    /// Ten years, in seconds.
    package static let lifetime: Int64 = 3_650 * day

    package let certificate: AuthorityCertificate
    private let key: NodeKey

    /// A new authority. `now`: Unix seconds.
    package static func create(name: String, now: Int64) throws(AuthorityError) -> Self {
        try MeshName.check(name)
        let key = NodeKey()
        do {
            let subject = try CertificateShape.commonName("weft mesh \(name)")
            let publicKey = key.certificateKey.publicKey
            let made = try CertificateTime(from: now, seconds: lifetime).certificate(
                serial: CertificateShape.serial(), of: publicKey, subject: subject, issuer: subject,
                extensions: CertificateShape.authority(publicKey), key: key.certificateKey)
            let pem = try made.serializeAsPEM().pemString + "\n"
            return Self(certificate: try AuthorityCertificate(pem: pem), key: key)
        } catch { throw Self.failure(error, name) }
    }

    private init(certificate: AuthorityCertificate, key: NodeKey) {
        self.certificate = certificate
        self.key = key
    }

    /// The authority of `folder`. Its key must belong to its certificate.
    package init(folder: FilePath) throws(AuthorityError) {
        try self.init(
            certificate: folder.appending(AuthorityCertificate.fileName), key: folder.appending(Self.keyFileName))
    }

    package init(certificate path: FilePath, key keyPath: FilePath) throws(AuthorityError) {
        certificate = try AuthorityCertificate(file: path)
        key = try NodeKey(file: keyPath)
        guard certificate.certificate.publicKey == key.certificateKey.publicKey else {
            throw .unfit(what: keyPath.string, why: "it is not the key of \(path)")
        }
    }

    /// `authority.pem` and `authority.key`; neither is replaced unless `replaces`.
    package func write(to folder: FilePath, replaces: Bool) throws(AuthorityError) {
        try CertificateFiles.makeFolder(folder)
        let certificatePath = folder.appending(AuthorityCertificate.fileName)
        let keyPath = folder.appending(Self.keyFileName)
        for path in [certificatePath, keyPath] where !replaces && CertificateFiles.exists(path) {
            throw .exists(path: path.string)
        }
        try CertificateFiles.write(try key.pem(), to: keyPath, isSecret: true, replaces: replaces)
        try CertificateFiles.write(certificate.pem, to: certificatePath, isSecret: false, replaces: replaces)
    }

    /// A certificate for the owner of `publicKey`.
    /// - Parameters:
    ///   - publicKey: Ed25519, 32 bytes.
    ///   - seconds: how long from `now` on; never longer than the authority's own.
    ///   - now: Unix seconds.
    package func issue(
        _ subject: CertificateSubject, to publicKey: [UInt8], seconds: Int64, now: Int64
    ) throws(AuthorityError) -> IssuedCertificate {
        guard now <= certificate.notAfter else { throw .authorityEnded(name: certificate.name) }
        do {
            let owner = Certificate.PublicKey(try Curve25519.Signing.PublicKey(rawRepresentation: publicKey))
            let issuer = certificate.certificate
            let made = try CertificateTime(from: now, seconds: seconds).ending(noLaterThan: certificate.notAfter)
                .certificate(
                    serial: CertificateShape.serial(), of: owner, subject: CertificateShape.commonName(subject.name),
                    issuer: issuer.subject,
                    extensions: CertificateShape.leaf(subject, key: owner, authority: issuer), key: key.certificateKey)
            let document = try made.serializeAsPEM()
            return IssuedCertificate(
                peer: try CertifiedPeer(made, der: document.derBytes, what: "`\(subject.name)`"),
                der: document.derBytes, pem: document.pemString + "\n" + certificate.pem)
        } catch { throw Self.failure(error, subject.name) }
    }

    /// A certificate as another node made it; it is of `authority`, for `key`, and says what `subject` does.
    package static func received(
        pem: String, for subject: CertificateSubject, key: NodeKey, by authority: AuthorityCertificate
    ) throws(AuthorityError) -> IssuedCertificate {
        let file = try CertificateFile(pem: pem, what: "the new certificate")
        guard authority.hasSigned(file.leafDER), file.leaf.publicKey == key.publicKey, file.leaf.subject == subject
        else {
            throw .unfit(what: "the new certificate", why: "it is not what was asked for")
        }
        return IssuedCertificate(peer: file.leaf, der: file.leafDER, pem: pem)
    }

    private static func failure(_ error: any Error, _ name: String) -> AuthorityError {
        error as? AuthorityError ?? .unfit(what: "`\(name)`", why: "no certificate can be made for it: \(error)")
    }
}

package struct IssuedCertificate: Sendable {
    package let peer: CertifiedPeer
    package let der: [UInt8]
    /// The certificate, then its authority's.
    package let pem: String
}

extension PeerRole {
    /// Seconds that a certificate lasts unless something else is asked for.
    package var lifetime: Int64 {
        switch self {
        case .node: 30 * MeshAuthority.day
        case .client: MeshAuthority.day
        }
    }
}
