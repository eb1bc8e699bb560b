// Ed25519 keys: sign and verify records, keep a private key in PEM.
import Crypto
import SwiftASN1
package import SystemPackage
import X509

package struct NodeKey: Sendable {
    package static let publicKeyBytes = 32
    package static let signatureBytes = 64

    let certificateKey: Certificate.PrivateKey
    /// 32 bytes.
    package let publicKey: [UInt8]

    /// A new one, from the system's randomness.
    package init() {
        let key = Curve25519.Signing.PrivateKey()
        certificateKey = Certificate.PrivateKey(key)
        publicKey = Array(key.publicKey.rawRepresentation)
    }

    /// PKCS#8, as `openssl genpkey -algorithm ed25519` writes it.
    /// - Parameter what: the file's name, for errors; nothing of the key is ever in one.
    package init(pem: String, what: String = "the key") throws(AuthorityError) {
        guard let key = try? Certificate.PrivateKey(pemEncoded: pem),
            let half = Curve25519.Signing.PublicKey(key.publicKey)
        else { throw .unreadable(what: what, why: "it is no Ed25519 key in PEM (PKCS#8)") }
        certificateKey = key
        publicKey = Array(half.rawRepresentation)
    }

    /// Refuses a file that everybody on the host may open.
    package init(file path: FilePath) throws(AuthorityError) {
        let text = try CertificateFiles.readKey(path)
        try self.init(pem: text, what: path.string)
    }

    /// 64 bytes (RFC 8032).
    package func sign(_ bytes: [UInt8]) throws(AuthorityError) -> [UInt8] {
        do {
            return try certificateKey.sign(bytes: bytes, signatureAlgorithm: .ed25519).rawRepresentation
        } catch { throw .unfit(what: "the key", why: "it can't sign") }
    }

    /// False for anything that is not a signature of these bytes by this key, whatever its length.
    package static func verify(_ signature: [UInt8], of bytes: [UInt8], by publicKey: [UInt8]) -> Bool {
        guard signature.count == signatureBytes,
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey)
        else { return false }
        return key.isValidSignature(signature, for: bytes)
    }

    /// PKCS#8. To be written to a file of mode 0600 and nowhere else.
    package func pem() throws(AuthorityError) -> String {
        do { return try certificateKey.serializeAsPEM().pemString + "\n" } catch {
            throw .unfit(what: "the key", why: "it can't be written")
        }
    }
}
