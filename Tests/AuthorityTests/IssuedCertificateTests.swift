// Certificates as openssl sees them, and real TLS between nodes and clients that hold them.
import Authority
import Foundation
import SystemPackage
import Testing

@Suite struct `An issued certificate` {
    @Test func `is one of its authority, for openssl`() throws {
        let mesh = try TestMesh()
        try mesh.issue("a", .node, addresses: ["127.0.0.1", "a.example.com", "fd00::1"])
        try mesh.issue("ci", .client, classes: ["ci", "default"])
        let root = mesh.path("authority.pem")
        for (name, purpose) in [("a", "sslserver"), ("a", "sslclient"), ("ci", "sslclient")] {
            let check = try OpenSSL([
                "verify", "-x509_strict", "-purpose", purpose, "-CAfile", root, mesh.path("\(name).pem"),
            ])
            #expect(check.code == 0, "\(name) as \(purpose): \(check.output)")
        }
        let asServer = try OpenSSL(["verify", "-purpose", "sslserver", "-CAfile", root, mesh.path("ci.pem")])
        #expect(asServer.code != 0)
    }

    @Test func `says who it is, and where`() throws {
        let mesh = try TestMesh()
        let issued = try mesh.issue("a", .node, classes: ["ci"], addresses: ["10.0.0.1", "a.example.com"])
        let text = try OpenSSL(["x509", "-in", mesh.path("a.pem"), "-noout", "-text"]).output
        #expect(text.contains("Subject: CN = a\n"))
        #expect(text.contains("Issuer: CN = weft mesh test"))
        #expect(text.contains("CA:FALSE"))
        #expect(text.contains("Basic Constraints: critical"))
        #expect(text.contains("Digital Signature"))
        #expect(text.contains("TLS Web Server Authentication, TLS Web Client Authentication"))
        #expect(text.contains("URI:weft:node/a, URI:weft:class/ci, IP Address:10.0.0.1, DNS:a, DNS:a.example.com"))
        let serial = try OpenSSL(["x509", "-in", mesh.path("a.pem"), "-noout", "-serial"]).output
        #expect(serial.lowercased().contains("serial=" + issued.peer.serial))
        let print = try OpenSSL(["x509", "-in", mesh.path("a.pem"), "-noout", "-fingerprint", "-sha256"]).output
        #expect(print.lowercased().filter { $0 != ":" }.contains(issued.peer.fingerprint))
    }

    @Test func `has a serial number of its own, of 20 bytes`() throws {
        let mesh = try TestMesh()
        let subject = try CertificateSubject(name: "a", role: .node)
        let key = NodeKey().publicKey
        let serials = try (0..<50).map { _ in
            try mesh.authority.issue(subject, to: key, seconds: 60, now: testDay).peer.serial
        }
        #expect(Set(serials).count == 50)
        #expect(serials.allSatisfy { $0.count == 40 })
    }

    @Test func `lasts as long as it should, and never longer than its authority`() throws {
        let mesh = try TestMesh(now: testDay)
        let node = try mesh.issue("a", .node, days: 30, now: testDay).peer
        #expect(node.notAfter == testDay + 30 * 86_400)
        #expect(node.notBefore == testDay - 300)
        #expect(node.lifetime == 30 * 86_400)
        let end = testDay + MeshAuthority.lifetime
        let late = try mesh.issue("b", .node, days: 30, now: end - 10).peer
        #expect(late.notAfter == end)
        #expect(throws: AuthorityError.authorityEnded(name: "weft mesh test")) {
            try mesh.issue("c", .node, now: end + 1)
        }
    }

    @Test func `is renewed when a third of its life is left`() throws {
        let mesh = try TestMesh(now: testDay)
        let peer = try mesh.issue("a", .node, days: 30, now: testDay).peer
        #expect(!peer.needsRenewal(testDay))
        #expect(!peer.needsRenewal(testDay + 19 * 86_400))
        #expect(peer.needsRenewal(testDay + 20 * 86_400))
        #expect(peer.needsRenewal(testDay + 40 * 86_400))
    }

    @Test func `reads back as what was asked for`() throws {
        let mesh = try TestMesh()
        let issued = try mesh.issue("a", .node, classes: ["x", "b"], addresses: ["::1", "10.0.0.1", "h.example"])
        let peer = try CertifiedPeer(der: issued.der)
        #expect(peer == issued.peer)
        #expect(peer.name == "a" && peer.role == .node)
        #expect(peer.classes == ["b", "x"])
        #expect(peer.dnsNames == ["a", "h.example"])
        #expect(peer.ipAddresses == ["10.0.0.1", "::1"])
        let key = try NodeKey(file: mesh.folder.appending("a.key"))
        #expect(peer.publicKey == key.publicKey)
        #expect(try PeerFiles(folder: mesh.folder, name: "a").read() == peer)
    }
}
