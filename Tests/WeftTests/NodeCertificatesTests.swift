// Who gets a new certificate from a node that has the authority's key.
import Authority
import Foundation
import Mesh
import Settings
import SystemPackage
import Testing

@testable import weft

@Suite struct `The next certificate` {
    /// An authority and two nodes in a folder that goes with the test.
    private final class Folder {
        let path: FilePath
        let authority: MeshAuthority

        init() throws {
            path = FilePath(NSTemporaryDirectory() + "weft-certificates-\(UUID())")
            authority = try MeshAuthority.create(name: "mesh", now: Clock.seconds)
            try authority.write(to: path, replaces: false)
        }

        deinit { try? FileManager.default.removeItem(atPath: path.string) }

        func subject(_ name: String) throws -> CertificateSubject { try PeerOperand("\(name)=127.0.0.1").node() }

        /// A certificate that was made so many seconds ago for an hour.
        func issue(_ name: String, ago seconds: Int64 = 0, by other: MeshAuthority? = nil) throws -> (
            der: [UInt8], files: PeerFiles
        ) {
            let key = NodeKey()
            let issued = try (other ?? authority).issue(
                try subject(name), to: key.publicKey, seconds: 3_600, now: Clock.seconds - seconds)
            let files = PeerFiles(folder: path, name: name)
            try files.write(issued, key: key, replaces: true)
            return (issued.der, files)
        }

        func certificates(of name: String, withKey: Bool, denied: DenyList = DenyList()) throws -> NodeCertificates {
            try NodeCertificates(
                TLSFiles(
                    certificate: path.appending("\(name).pem").string, key: path.appending("\(name).key").string,
                    authority: path.appending(AuthorityCertificate.fileName).string, denied: nil,
                    authorityKey: withKey ? path.appending(MeshAuthority.keyFileName).string : nil),
                DeniedPeers(denied))
        }

        func query(_ name: String, after certificate: [UInt8], key: NodeKey = NodeKey()) throws -> CertificateQuery {
            CertificateQuery(
                request: try CertificateRequest(subject(name), key: key).der, certificate: certificate)
        }
    }

    private func refusal(_ answer: CertificateAnswer) -> String {
        if case .refused(let reason) = answer { reason } else { "\(answer)" }
    }

    private let b = PeerIdentity(name: "b", role: .node, classes: [])

    @Test func `is given to who has one`() throws {
        let folder = try Folder()
        let key = NodeKey()
        let query = try folder.query("b", after: folder.issue("b").der, key: key)
        let answer = try folder.certificates(of: "a", withKey: true).answer(query, from: b)
        guard case .granted(let pem) = answer else {
            Issue.record("\(answer)")
            return
        }
        let made = try MeshAuthority.received(
            pem: pem, for: folder.subject("b"), key: key, by: folder.authority.certificate)
        #expect(made.peer.lifetime == PeerRole.node.lifetime)
        #expect(throws: AuthorityError.self) {
            try MeshAuthority.received(
                pem: pem, for: folder.subject("b"), key: NodeKey(), by: folder.authority.certificate)
        }
        #expect(throws: AuthorityError.self) {
            try MeshAuthority.received(pem: pem, for: folder.subject("c"), key: key, by: folder.authority.certificate)
        }
        #expect(try folder.certificates(of: "a", withKey: false).answer(query, from: b) == .keyless)
    }

    @Test func `is not given to anybody else`() throws {
        let folder = try Folder()
        let node = try folder.certificates(of: "a", withKey: true)
        let mine = try folder.issue("b").der
        let c = PeerIdentity(name: "c", role: .node, classes: [])
        #expect(
            refusal(node.answer(try folder.query("b", after: mine), from: c)).contains("not the certificate of `c`"))
        let client = PeerIdentity(name: "b", role: .client, classes: [])
        #expect(refusal(node.answer(try folder.query("b", after: mine), from: client)).contains("not the certificate"))
        let foreign = try folder.issue("b", by: MeshAuthority.create(name: "other", now: Clock.seconds)).der
        #expect(refusal(node.answer(try folder.query("b", after: foreign), from: b)).contains("not the certificate"))
        #expect(refusal(node.answer(try folder.query("c", after: mine), from: b)).contains("only `weft ca issue`"))
        let old = try folder.issue("b", ago: 4_000).der
        #expect(refusal(node.answer(try folder.query("b", after: old), from: b)).contains("has expired"))
        let noise = CertificateQuery(request: [1, 2, 3], certificate: mine)
        #expect(refusal(node.answer(noise, from: b)).contains("no PKCS#10 request"))
        #expect(refusal(node.answer(CertificateQuery(request: [], certificate: []), from: b)) != "")
    }

    @Test func `takes the place of the old, whenever the process is killed`() throws {
        let folder = try Folder()
        let (_, files) = try folder.issue("b")
        let key = NodeKey()
        let issued = try folder.authority.issue(
            folder.subject("b"), to: key.publicKey, seconds: 3_600, now: Clock.seconds)
        // Killed before the certificate was in its place: what was begun is forgotten.
        try key.pem().write(toFile: files.key.string + ".next", atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: files.key.string + ".next")
        let before = try NodeKey(file: files.key).publicKey
        try files.settle()
        #expect(try NodeKey(file: files.key).publicKey == before)
        #expect(!FileManager.default.fileExists(atPath: files.key.string + ".next"))
        // Killed after it was.
        try files.renew(issued, key: key)
        try FileManager.default.moveItem(atPath: files.key.string, toPath: files.key.string + ".next")
        try files.settle()
        #expect(try NodeKey(file: files.key).publicKey == issued.peer.publicKey)
    }
}
