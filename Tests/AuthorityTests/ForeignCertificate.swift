// Certificates that no mesh would issue, made piece by piece for tests.
import Crypto
import Foundation
import SwiftASN1
import X509

struct ForeignCertificate {
    var common = "a"
    var names: [GeneralName]? = [.uniformResourceIdentifier("weft:node/a")]
    var usages: [ExtendedKeyUsage.Usage]? = [.serverAuth, .clientAuth]
    var constraints: BasicConstraints? = .notCertificateAuthority
    var keyUsage: KeyUsage? = KeyUsage(digitalSignature: true)
    var other: Certificate.Extension?
    var hasEdwardsKey = true
    var subject: DistinguishedName?

    /// DER.
    func bytes() throws -> [UInt8] {
        let own = try subject ?? DistinguishedName { CommonName(common) }
        var extensions = Certificate.Extensions()
        if let constraints { try extensions.append(Certificate.Extension(constraints, critical: true)) }
        if let keyUsage { try extensions.append(Certificate.Extension(keyUsage, critical: true)) }
        if let usages { try extensions.append(Certificate.Extension(try ExtendedKeyUsage(usages), critical: false)) }
        if let names {
            try extensions.append(Certificate.Extension(SubjectAlternativeNames(names), critical: false))
        }
        if let other { try extensions.append(other) }
        let edwards = Certificate.PrivateKey(Curve25519.Signing.PrivateKey())
        let key = hasEdwardsKey ? edwards : Certificate.PrivateKey(P256.Signing.PrivateKey())
        let made = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(7), publicKey: key.publicKey,
            notValidBefore: Date(timeIntervalSince1970: 0), notValidAfter: Date(timeIntervalSince1970: 4_000_000_000),
            issuer: own, subject: own, extensions: extensions, issuerPrivateKey: key)
        return try made.serializeAsPEM().derBytes
    }
}
