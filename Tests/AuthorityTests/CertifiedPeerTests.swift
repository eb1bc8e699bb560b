// What is no certificate of a mesh, each with the reason that is given.
import Authority
import Crypto
import SwiftASN1
import Testing
import X509

private struct Odd: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let change: @Sendable (inout ForeignCertificate) throws -> Void

    init(_ reason: String, _ change: @escaping @Sendable (inout ForeignCertificate) throws -> Void) {
        testDescription = reason
        self.change = change
    }

    static func names(_ reason: String, _ names: GeneralName...) -> Odd { Odd(reason) { $0.names = names } }

    static let identity = GeneralName.uniformResourceIdentifier("weft:node/a")

    static let all: [Odd] = [
        Odd("it names no node or client") { $0.names = nil },
        .names("it names no node or client"),
        .names("it names no node or client", .uniformResourceIdentifier("https://example.com/a")),
        .names("it has two identities", identity, .uniformResourceIdentifier("weft:client/a")),
        .names("it has two identities", identity, identity),
        .names("`weft:admin/a` is no identity", identity, .uniformResourceIdentifier("weft:admin/a")),
        .names("`weft:` is no identity", identity, .uniformResourceIdentifier("weft:")),
        .names("`weft:node` is no identity", .uniformResourceIdentifier("weft:node")),
        .names("`weft:node/` is no identity", .uniformResourceIdentifier("weft:node/")),
        .names("`weft:node/A` is no identity", .uniformResourceIdentifier("weft:node/A")),
        .names("`weft:node/../a` is no identity", .uniformResourceIdentifier("weft:node/../a")),
        .names("`WEFT:node/a` is no identity", .uniformResourceIdentifier("WEFT:node/a")),
        .names("`weft:class/x/y` is no identity", identity, .uniformResourceIdentifier("weft:class/x/y")),
        .names(
            "it names the class `x` twice", identity, .uniformResourceIdentifier("weft:class/x"),
            .uniformResourceIdentifier("weft:class/x")),
        .names("it names `b.example` twice", identity, .dnsName("b.example"), .dnsName("b.example")),
        .names("`*.example` is no DNS name", identity, .dnsName("*.example")),
        .names("an IP address has 3 bytes", identity, .ipAddress(ASN1OctetString(contentBytes: [1, 2, 3]))),
        .names("it has an alternative name that is no DNS name, IP address or URI", identity, .rfc822Name("a@b.c")),
        Odd("it has more than 64 alternative names") {
            $0.names = [identity] + (0..<70).map { .dnsName("n\($0).example") }
        },
        Odd("it is `a` by its identity and `b` by its subject") { $0.common = "b" },
        Odd("its subject is not one common name") {
            $0.subject = try DistinguishedName {
                OrganizationName("o")
                CommonName("a")
            }
        },
        Odd("its subject is not one common name") { $0.subject = DistinguishedName() },
        Odd("it may be the certificate of an authority") { $0.constraints = nil },
        Odd("it may be the certificate of an authority") {
            $0.constraints = .isCertificateAuthority(maxPathLength: nil)
        },
        Odd("its key may be used for more or other things than signing") { $0.keyUsage = nil },
        Odd("its key may be used for more or other things than signing") {
            $0.keyUsage = KeyUsage(digitalSignature: true, keyCertSign: true)
        },
        Odd("it has other extended key usages than a node has") { $0.usages = nil },
        Odd("it has other extended key usages than a node has") { $0.usages = [.clientAuth] },
        Odd("it has other extended key usages than a client has") {
            $0.names = [.uniformResourceIdentifier("weft:client/a")]
        },
        Odd("it has a critical extension 1.2.3 that nobody here knows") {
            $0.other = Certificate.Extension(oid: [1, 2, 3], critical: true, value: [5, 0])
        },
        Odd("its key or signature is not Ed25519") { $0.hasEdwardsKey = false },
    ]
}

@Suite struct `A peer's certificate` {
    @Test func `that has all it needs is read`() throws {
        let peer = try CertifiedPeer(der: try ForeignCertificate().bytes())
        #expect(peer.name == "a" && peer.role == .node && peer.serial == "07")
        #expect(peer.validity(at: -1) == .notYet)
        #expect(peer.validity(at: 0) == .valid)
        #expect(peer.validity(at: 4_000_000_000) == .valid)
        #expect(peer.validity(at: 4_000_000_001) == .expired)
    }

    @Test(arguments: Odd.all)
    fileprivate func `that is odd is refused, with the reason`(odd: Odd) throws {
        var certificate = ForeignCertificate()
        try odd.change(&certificate)
        let bytes = try certificate.bytes()
        let expected = AuthorityError.unfit(what: "the peer's certificate", why: odd.testDescription)
        #expect(throws: expected) { try CertifiedPeer(der: bytes) }
        #expect(
            expected.description == "the peer's certificate is not valid in a mesh: \(odd.testDescription).")
    }

    @Test func `that is no certificate is refused`() throws {
        let good = try ForeignCertificate().bytes()
        let bad: [[UInt8]] = [
            [], [0x30], Array("hello".utf8), good + [0], Array(good.dropLast()),
            [UInt8](repeating: 0x30, count: 16_000),
        ]
        for bytes in bad {
            let expected = AuthorityError.unreadable(
                what: "the peer's certificate", why: "it is no X.509 certificate in DER")
            #expect(throws: expected) { try CertifiedPeer(der: bytes) }
        }
        #expect(
            throws: AuthorityError.unreadable(what: "the peer's certificate", why: "it is longer than 16384 bytes")
        ) {
            try CertifiedPeer(der: [UInt8](repeating: 0, count: 20_000))
        }
    }

    /// 20 seeds of 500 changed certificates and requests.
    @Test(arguments: 0..<UInt64(20))
    func `that is broken anyhow ends in a value or an error`(seed: UInt64) throws {
        let mesh = try TestMesh()
        let certificate = try mesh.issue("a", .node, classes: ["x"], addresses: ["10.0.0.1", "fd00::1"])
        let request = try CertificateRequest(certificate.peer.subject, key: NodeKey())
        var numbers = SeededNumbers(seed: seed)
        var readable = 0
        for _ in 0..<500 {
            if (try? CertifiedPeer(der: numbers.mutated(certificate.der))) != nil { readable += 1 }
            let changed = numbers.mutated(request.der)
            // The owner of the key signed every byte of it.
            #expect(changed == request.der || (try? CertificateRequest(der: changed)) == nil)
        }
        #expect(readable < 500)
    }
}
