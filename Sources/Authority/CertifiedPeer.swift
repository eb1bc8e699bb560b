// Whom a peer's certificate names: the value that rights hang on, read strictly.
import Crypto
import SwiftASN1
import X509

/// Says nothing about who signed it: TLS or `AuthorityCertificate` has checked that.
package struct CertifiedPeer: Hashable, Sendable {
    package enum Validity: Hashable, Sendable { case valid, notYet, expired }

    /// Bytes of a certificate in DER.
    package static let bytesMax = 16 << 10

    package let subject: CertificateSubject
    /// Unix seconds; the certificate is valid from this one on.
    package let notBefore: Int64
    /// Unix seconds; the last one in which it is valid.
    package let notAfter: Int64
    /// Ed25519, 32 bytes.
    package let publicKey: [UInt8]
    /// Lower-case hexadecimal digits, two a byte.
    package let serial: String
    /// SHA-256 of the certificate in DER, lower-case hexadecimal.
    package let fingerprint: String

    package var name: String { subject.name }
    package var role: PeerRole { subject.role }
    package var classes: [String] { subject.classes }

    package var dnsNames: [String] {
        subject.addresses.compactMap { if case .dns(let name) = $0 { name } else { nil } }
    }

    /// As text.
    package var ipAddresses: [String] {
        subject.addresses.compactMap { if case .ip = $0 { $0.description } else { nil } }
    }

    /// - Parameter der: the certificate as TLS hands it over.
    package init(der: [UInt8], what: String = "the peer's certificate") throws(AuthorityError) {
        guard der.count <= Self.bytesMax else {
            throw .unreadable(what: what, why: "it is longer than \(Self.bytesMax) bytes")
        }
        let certificate: Certificate
        do { certificate = try Certificate(derEncoded: der) } catch {
            throw .unreadable(what: what, why: "it is no X.509 certificate in DER")
        }
        try self.init(certificate, der: der, what: what)
    }

    init(_ certificate: Certificate, der: [UInt8], what: String) throws(AuthorityError) {
        guard certificate.version == .v3 else { throw .unfit(what: what, why: "it is not of X.509 version 3") }
        guard let key = Curve25519.Signing.PublicKey(certificate.publicKey),
            certificate.signatureAlgorithm == .ed25519
        else { throw .unfit(what: what, why: "its key or signature is not Ed25519") }
        subject = try Self.subject(of: certificate, what: what)
        let time = CertificateTime(of: certificate)
        (notBefore, notAfter) = (time.first, time.last)
        publicKey = Array(key.rawRepresentation)
        serial = Hexadecimal.text(certificate.serialNumber.bytes)
        fingerprint = Hexadecimal.text(SHA256.hash(data: der))
        guard notBefore <= notAfter else { throw .unfit(what: what, why: "it ends before it begins") }
    }

    private static func subject(
        of certificate: Certificate, what: String
    ) throws(AuthorityError) -> CertificateSubject {
        guard let common = certificate.subject.onlyCommonName else {
            throw .unfit(what: what, why: "its subject is not one common name")
        }
        do {
            guard let names = try certificate.extensions.subjectAlternativeNames else {
                throw AuthorityError.unfit(what: what, why: "it names no node or client")
            }
            let subject = try SubjectNames.subject(of: names, common: common, what: what)
            if let why = try CertificateShape.problem(certificate.extensions, role: subject.role) {
                throw AuthorityError.unfit(what: what, why: why)
            }
            return subject
        } catch let error as AuthorityError { throw error } catch {
            throw .unreadable(what: what, why: "an extension is malformed")
        }
    }

    /// Seconds that it was issued for; the slack before its making is no part of them.
    package var lifetime: Int64 { max(1, notAfter - notBefore - CertificateTime.slack) }

    /// - Parameter now: Unix seconds.
    package func validity(at now: Int64) -> Validity {
        now < notBefore ? .notYet : now > notAfter ? .expired : .valid
    }

    /// Two thirds of its life are over, so that a third is left for tries.
    package func needsRenewal(_ now: Int64) -> Bool { now >= notBefore + (notAfter - notBefore) / 3 * 2 }
}

extension DistinguishedName {
    /// Nil unless the name is one common name and nothing else.
    var onlyCommonName: String? {
        guard count == 1, let part = first, part.count == 1, let attribute = part.first,
            attribute.type == .RDNAttributeType.commonName
        else { return nil }
        return String(attribute.value)
    }
}

enum Hexadecimal {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    static func isText(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.count % 2 == 0
            && text.utf8.allSatisfy { digit in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(digit)
            }
    }
}
