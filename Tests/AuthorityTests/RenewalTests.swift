// Requests for new certificates: who gets one, and who does not.
import Authority
import Foundation
import SystemPackage
import Testing

@Suite struct `A renewal` {
    let mesh: TestMesh
    let peer: CertifiedPeer

    init() throws {
        mesh = try TestMesh(now: testDay)
        peer = try mesh.issue("a", .node, classes: ["ci"], addresses: ["10.0.0.1"], days: 30, now: testDay).peer
    }

    private func decide(
        _ subject: CertificateSubject, key: NodeKey = NodeKey(), from other: CertifiedPeer? = nil,
        denied: String = "", now: Int64 = testDay
    ) throws -> RenewalRule.Decision {
        let request = try CertificateRequest(der: CertificateRequest(subject, key: key).der)
        return RenewalRule.decide(request, from: other ?? peer, denied: try DenyList(denied), now: now)
    }

    @Test func `for the same names, rights and addresses is granted`() throws {
        let key = NodeKey()
        guard case .grant(let subject) = try decide(peer.subject, key: key) else {
            Issue.record("it was refused")
            return
        }
        let next = try mesh.authority.issue(subject, to: key.publicKey, seconds: 86_400, now: testDay + 5).peer
        #expect(next.subject == peer.subject)
        #expect(next.publicKey == key.publicKey && next.publicKey != peer.publicKey)
        #expect(next.serial != peer.serial)
    }

    @Test func `that changes anything is refused, with what it is`() throws {
        let rest = "; only `weft ca issue` changes what a certificate says"
        func subject(
            _ name: String = "a", _ role: PeerRole = .node, _ classes: [String] = ["ci"],
            _ addresses: [String] = ["10.0.0.1"]
        ) throws -> CertificateSubject {
            try CertificateSubject(
                name: name, role: role, classes: classes, addresses: addresses.map { try HostAddress($0) })
        }
        #expect(try decide(subject("b")) == .refuse("the name `a` became `b`" + rest))
        #expect(try decide(subject("a", .client)) == .refuse("the role `node` became `client`" + rest))
        #expect(
            try decide(subject("a", .node, ["ci", "release"]))
                == .refuse("the classes `ci` became `ci, release`" + rest))
        #expect(try decide(subject("a", .node, [])) == .refuse("the classes `ci` became ``" + rest))
        #expect(
            try decide(subject("a", .node, ["ci"], ["10.0.0.2"]))
                == .refuse("the addresses `10.0.0.1, a` became `10.0.0.2, a`" + rest))
    }

    @Test func `by who may not is refused`() throws {
        #expect(
            try decide(peer.subject, denied: "name a stolen") == .refuse("`a` is on the deny list: stolen"))
        #expect(
            try decide(peer.subject, denied: "serial \(peer.serial)")
                == .refuse("`a` is on the deny list: no reason given"))
        #expect(
            try decide(peer.subject, now: peer.notAfter + 1)
                == .refuse("the certificate of `a` has expired; issue one with `weft ca renew`"))
        #expect(
            try decide(peer.subject, now: peer.notBefore - 1)
                == .refuse("the certificate of `a` is not yet valid; is a clock wrong?"))
        let client = try mesh.issue("ci", .client, now: testDay).peer
        #expect(
            try decide(client.subject, from: client)
                == .refuse("`ci` is a client; clients get certificates from `weft ca issue client`"))
        let key = try NodeKey(file: mesh.folder.appending("a.key"))
        #expect(
            try decide(peer.subject, key: key)
                == .refuse("the key is the old one; a new certificate comes with a new key"))
    }

    @Test func `asks with a request that openssl believes`() throws {
        let request = try CertificateRequest(peer.subject, key: NodeKey())
        let path = mesh.path("a.csr")
        try Data(request.der).write(to: URL(fileURLWithPath: path))
        let check = try OpenSSL(["req", "-in", path, "-inform", "DER", "-noout", "-verify", "-text"])
        #expect(check.code == 0)
        #expect(check.output.contains("verify OK"))
        #expect(check.output.contains("URI:weft:node/a, URI:weft:class/ci, IP Address:10.0.0.1, DNS:a"))
    }

    @Test func `asked for by other programs must ask for names only`() throws {
        let (key, path) = (mesh.path("o.key"), mesh.path("o.csr"))
        _ = try OpenSSL(["genpkey", "-algorithm", "ed25519", "-out", key])
        let base = ["req", "-new", "-key", key, "-subj", "/CN=a", "-outform", "DER", "-out", path]
        let names = ["-addext", "subjectAltName=URI:weft:node/a,URI:weft:class/ci,IP:10.0.0.1,DNS:a"]
        #expect(try OpenSSL(base + names).code == 0)
        let good = try CertificateRequest(der: [UInt8](Data(contentsOf: URL(fileURLWithPath: path))))
        #expect(good.subject == peer.subject)
        #expect(try OpenSSL(base + names + ["-addext", "basicConstraints=CA:TRUE"]).code == 0)
        let expected = AuthorityError.unfit(
            what: "the certificate request", why: "it asks for something else than names")
        #expect(throws: expected) {
            try CertificateRequest(der: [UInt8](Data(contentsOf: URL(fileURLWithPath: path))))
        }
        #expect(try OpenSSL(base).code == 0)
        #expect(throws: expected) {
            try CertificateRequest(der: [UInt8](Data(contentsOf: URL(fileURLWithPath: path))))
        }
    }
}
