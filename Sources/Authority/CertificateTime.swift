// Unix seconds ↔ the library's dates: the one place that needs Foundation.
import FoundationEssentials
@_spi(FixedExpiryValidationTime) import X509

/// A span of Unix seconds; both ends are in it.
struct CertificateTime {
    /// Clocks of a mesh may differ by as much: a certificate begins that much before it was made. Seconds.
    static let slack: Int64 = 300

    let first: Int64
    let last: Int64

    /// From `now` on, and `slack` before.
    init(from now: Int64, seconds: Int64) {
        first = now - Self.slack
        last = now + seconds
    }

    init(first: Int64, last: Int64) {
        self.first = first
        self.last = last
    }

    init(of certificate: Certificate) {
        first = Self.seconds(certificate.notValidBefore)
        last = Self.seconds(certificate.notValidAfter)
    }

    func ending(noLaterThan end: Int64) -> Self { Self(first: first, last: min(last, end)) }

    private static func seconds(_ date: Date) -> Int64 { Int64(date.timeIntervalSince1970.rounded(.down)) }

    private static func date(_ seconds: Int64) -> Date { Date(timeIntervalSince1970: Double(seconds)) }

    static func policy(at seconds: Int64) -> RFC5280Policy { RFC5280Policy(fixedExpiryValidationTime: date(seconds)) }

    /// A certificate that `key` signed.
    func certificate(
        serial: Certificate.SerialNumber, of publicKey: Certificate.PublicKey, subject: DistinguishedName,
        issuer: DistinguishedName, extensions: Certificate.Extensions, key: Certificate.PrivateKey,
        algorithm: Certificate.SignatureAlgorithm = .ed25519
    ) throws -> Certificate {
        try Certificate(
            version: .v3, serialNumber: serial, publicKey: publicKey, notValidBefore: Self.date(first),
            notValidAfter: Self.date(last), issuer: issuer, subject: subject, signatureAlgorithm: algorithm,
            extensions: extensions, issuerPrivateKey: key)
    }
}
