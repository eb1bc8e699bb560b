// The ledger's own authority: its certificates let etcd's members and their nodes speak to each other, and exist on voters
// only.
import Crypto
import SwiftASN1
package import SystemPackage
import X509

/// Apart from the mesh's: a node that is no voter has nothing that etcd believes. P-256, which Go and BoringSSL both take
/// (BoringSSL refuses Ed25519 in certificates unless it is told otherwise).
package struct LedgerAuthority: Sendable {
    package static let certificateFileName = "ledger-authority.pem"
    package static let keyFileName = "ledger-authority.key"
    /// Seconds. etcd reads its files again with each handshake: a renewed one needs no restart.
    package static let leafLifetime: Int64 = 365 * MeshAuthority.day

    private let certificate: Certificate
    private let key: P256.Signing.PrivateKey
    package let pem: String
    /// Unix seconds.
    package let notAfter: Int64

    /// A new authority. `now`: Unix seconds.
    package static func create(name: String, now: Int64) throws(AuthorityError) -> Self {
        try MeshName.check(name)
        let key = P256.Signing.PrivateKey()
        do {
            let subject = try CertificateShape.commonName("weft ledger \(name)")
            let publicKey = Certificate.PublicKey(key.publicKey)
            let made = try CertificateTime(from: now, seconds: MeshAuthority.lifetime).certificate(
                serial: CertificateShape.serial(), of: publicKey, subject: subject, issuer: subject,
                extensions: CertificateShape.authority(publicKey), key: Certificate.PrivateKey(key),
                algorithm: .ecdsaWithSHA256)
            return try Self(certificate: made, key: key)
        } catch { throw Self.failure(error, name) }
    }

    private init(certificate: Certificate, key: P256.Signing.PrivateKey) throws {
        self.certificate = certificate
        self.key = key
        pem = try certificate.serializeAsPEM().pemString + "\n"
        notAfter = CertificateTime(of: certificate).last
    }

    /// The authority of `folder`; nil where there is none. Its key must belong to its certificate.
    package init?(folder: FilePath) throws(AuthorityError) {
        let (path, keyPath) = (folder.appending(Self.certificateFileName), folder.appending(Self.keyFileName))
        guard let text = try CertificateFiles.readIfPresent(path) else { return nil }
        guard let certificate = try PEMCertificates.read(text, what: path.string).first?.certificate else {
            throw .unreadable(what: path.string, why: "it holds no certificate")
        }
        guard let key = try? P256.Signing.PrivateKey(pemRepresentation: CertificateFiles.readKey(keyPath)),
            certificate.publicKey == Certificate.PublicKey(key.publicKey)
        else { throw .unfit(what: keyPath.string, why: "it is not the key of \(path)") }
        do { try self.init(certificate: certificate, key: key) } catch { throw Self.failure(error, path.string) }
    }

    package func write(to folder: FilePath, replaces: Bool) throws(AuthorityError) {
        try CertificateFiles.write(
            key.pemRepresentation + "\n", to: folder.appending(Self.keyFileName), isSecret: true, replaces: replaces)
        try CertificateFiles.write(
            pem, to: folder.appending(Self.certificateFileName), isSecret: false, replaces: replaces)
    }

    /// Puts a voter's key, its certificate and the authority's into its folder, in place of those that are there.
    /// - Parameter now: Unix seconds.
    package func issue(
        to voter: CertificateSubject, in folder: FilePath, now: Int64
    ) throws(AuthorityError) -> LedgerFile {
        guard now <= notAfter else { throw .authorityEnded(name: "weft ledger") }
        let key = P256.Signing.PrivateKey()
        let pem: String
        do {
            let owner = Certificate.PublicKey(key.publicKey)
            let made = try CertificateTime(from: now, seconds: Self.leafLifetime).ending(noLaterThan: notAfter)
                .certificate(
                    serial: CertificateShape.serial(), of: owner,
                    subject: CertificateShape.commonName(voter.name), issuer: certificate.subject,
                    extensions: CertificateShape.voter(voter.addresses, key: owner, authority: certificate),
                    key: Certificate.PrivateKey(self.key), algorithm: .ecdsaWithSHA256)
            pem = try made.serializeAsPEM().pemString + "\n"
        } catch { throw Self.failure(error, voter.name) }
        try CertificateFiles.makeFolder(folder)
        try CertificateFiles.write(
            key.pemRepresentation + "\n", to: folder.appending(LedgerFile.keyName), isSecret: true, replaces: true)
        try CertificateFiles.write(pem, to: folder.appending(LedgerFile.name), isSecret: false, replaces: true)
        try CertificateFiles.write(
            self.pem, to: folder.appending(Self.certificateFileName), isSecret: false, replaces: true)
        return try LedgerFile(pem: pem, what: "the certificate of `\(voter.name)`")
    }

    private static func failure(_ error: any Error, _ name: String) -> AuthorityError {
        error as? AuthorityError ?? .unfit(what: "`\(name)`", why: "no certificate can be made for it: \(error)")
    }
}

/// A voter's certificate of the ledger, as it lies in its folder.
package struct LedgerFile: Sendable {
    package static let name = "ledger.pem"
    package static let keyName = "ledger.key"

    /// Unix seconds.
    package let notAfter: Int64

    init(pem: String, what: String) throws(AuthorityError) {
        guard let first = try PEMCertificates.read(pem, what: what).first else {
            throw .unreadable(what: what, why: "it holds no certificate")
        }
        notAfter = CertificateTime(of: first.certificate).last
    }

    /// Nil where there is none.
    package init?(folder: FilePath) throws(AuthorityError) {
        let path = folder.appending(Self.name)
        guard let text = try CertificateFiles.readIfPresent(path) else { return nil }
        try self.init(pem: text, what: path.string)
    }
}
