// What is in every certificate of a mesh beside names: usages, constraints, key identifiers, serial numbers.
import SwiftASN1
import X509

enum CertificateShape {
    /// RFC 5280 section 4.1.2.2 allows no more.
    static let serialBytes = 20

    static func commonName(_ name: String) throws -> DistinguishedName {
        try DistinguishedName { CommonName(name) }
    }

    /// Random, positive, and always of the same length.
    static func serial() -> Certificate.SerialNumber {
        var random = SystemRandomNumberGenerator()
        var bytes = (0..<serialBytes).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        bytes[0] = bytes[0] & 0x3F | 0x40
        return Certificate.SerialNumber(bytes: bytes)
    }

    static func authority(_ key: Certificate.PublicKey) throws -> Certificate.Extensions {
        try Certificate.Extensions {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
            Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            SubjectKeyIdentifier(hash: key)
        }
    }

    static func leaf(
        _ subject: CertificateSubject, key: Certificate.PublicKey, authority: Certificate
    ) throws -> Certificate.Extensions {
        let identifier =
            try authority.extensions.subjectKeyIdentifier ?? SubjectKeyIdentifier(hash: authority.publicKey)
        return try Certificate.Extensions {
            Critical(BasicConstraints.notCertificateAuthority)
            Critical(KeyUsage(digitalSignature: true))
            try ExtendedKeyUsage(subject.role.usages)
            SubjectNames.names(of: subject)
            SubjectKeyIdentifier(hash: key)
            AuthorityKeyIdentifier(keyIdentifier: identifier.keyIdentifier)
        }
    }

    /// etcd's members call each other from any address of their host: with loopback in the certificate, whose address etcd
    /// compares with where a call comes from, several can be on one host.
    static func voter(
        _ addresses: [HostAddress], key: Certificate.PublicKey, authority: Certificate
    ) throws -> Certificate.Extensions {
        let own = try ["127.0.0.1", "::1", "localhost"].map { try HostAddress($0) }
        return try Certificate.Extensions {
            Critical(BasicConstraints.notCertificateAuthority)
            Critical(KeyUsage(digitalSignature: true))
            try ExtendedKeyUsage(PeerRole.node.usages)
            SubjectNames.names(of: addresses + own.filter { !addresses.contains($0) })
            SubjectKeyIdentifier(hash: key)
            try AuthorityKeyIdentifier(
                keyIdentifier: (authority.extensions.subjectKeyIdentifier
                    ?? SubjectKeyIdentifier(hash: authority.publicKey))
                    .keyIdentifier)
        }
    }

    /// Why `extensions` are not those of a node's or client's certificate; nil when they are.
    static func problem(_ extensions: Certificate.Extensions, role: PeerRole) throws -> String? {
        let known: Set<ASN1ObjectIdentifier> = [
            .X509ExtensionID.basicConstraints, .X509ExtensionID.keyUsage, .X509ExtensionID.extendedKeyUsage,
            .X509ExtensionID.subjectAlternativeName,
        ]
        if let other = extensions.first(where: { $0.critical && !known.contains($0.oid) }) {
            return "it has a critical extension \(other.oid) that nobody here knows"
        }
        guard try extensions.basicConstraints == .notCertificateAuthority else {
            return "it may be the certificate of an authority"
        }
        guard try extensions.keyUsage == KeyUsage(digitalSignature: true) else {
            return "its key may be used for more or other things than signing"
        }
        guard let usages = try extensions.extendedKeyUsage, Set(usages) == Set(role.usages) else {
            return "it has other extended key usages than a \(role) has"
        }
        return nil
    }
}

extension PeerRole {
    /// Nodes listen and call, clients only call.
    var usages: [ExtendedKeyUsage.Usage] {
        switch self {
        case .node: [.serverAuth, .clientAuth]
        case .client: [.clientAuth]
        }
    }
}
