// Files of keys and certificates: modes, nothing overwritten, nothing left behind.
import Authority
import Foundation
import Glibc
import SystemPackage
import Testing

@Suite struct `Files of an authority` {
    private static func mode(_ path: FilePath) throws -> Int {
        let facts = try FileManager.default.attributesOfItem(atPath: path.string)
        return try #require(facts[.posixPermissions] as? Int)
    }

    private static func names(_ folder: FilePath) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.string).sorted()
    }

    @Test func `are for their owner where they hold keys`() throws {
        let root = try TestMesh.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: root.string) }
        let folder = root.appending("mesh")
        let authority = try MeshAuthority.create(name: "m", now: testDay)
        try authority.write(to: folder, replaces: false)
        let subject = try CertificateSubject(name: "a", role: .node)
        let key = NodeKey()
        let issued = try authority.issue(subject, to: key.publicKey, seconds: 60, now: testDay)
        try PeerFiles(folder: folder.appending("nodes/a"), name: "a").write(issued, key: key, replaces: false)
        #expect(try Self.mode(folder) == 0o700)
        #expect(try Self.mode(folder.appending("authority.key")) == 0o600)
        #expect(try Self.mode(folder.appending("authority.pem")) == 0o644)
        #expect(try Self.mode(folder.appending("nodes/a")) == 0o700)
        #expect(try Self.mode(folder.appending("nodes/a/a.key")) == 0o600)
        #expect(try Self.mode(folder.appending("nodes/a/a.pem")) == 0o644)
        #expect(try Self.names(folder) == ["authority.key", "authority.pem", "nodes"])
        #expect(try Self.names(folder.appending("nodes/a")) == ["a.key", "a.pem"])
        // The certificate, then its authority's.
        let pem = try CertificateFiles.read(folder.appending("nodes/a/a.pem"))
        #expect(pem.hasSuffix(authority.certificate.pem))
        #expect(pem.components(separatedBy: "BEGIN CERTIFICATE").count == 3)
    }

    @Test func `are never replaced unasked`() throws {
        let mesh = try TestMesh()
        let before = try CertificateFiles.read(mesh.folder.appending("authority.pem"))
        let other = try MeshAuthority.create(name: "other", now: testDay)
        #expect(throws: AuthorityError.exists(path: mesh.path("authority.pem"))) {
            try other.write(to: mesh.folder, replaces: false)
        }
        #expect(try CertificateFiles.read(mesh.folder.appending("authority.pem")) == before)
        // One of the two is enough.
        try FileManager.default.removeItem(atPath: mesh.path("authority.pem"))
        #expect(throws: AuthorityError.exists(path: mesh.path("authority.key"))) {
            try other.write(to: mesh.folder, replaces: false)
        }
        #expect(try Self.names(mesh.folder) == ["authority.key"])
        try other.write(to: mesh.folder, replaces: true)
        #expect(try MeshAuthority(folder: mesh.folder).certificate.name == "weft mesh other")
        try mesh.issue("a", .node)
        #expect(throws: AuthorityError.exists(path: mesh.path("a.pem"))) { try mesh.issue("a", .node) }
        #expect(try Self.names(mesh.folder) == ["a.key", "a.pem", "authority.key", "authority.pem"])
    }

    @Test func `with keys that everybody may read are refused`() throws {
        let mesh = try TestMesh()
        let path = mesh.path("authority.key")
        for mode: mode_t in [0o644, 0o604, 0o602] {
            try #require(unsafe chmod(path, mode) == 0)
            #expect(throws: AuthorityError.openKey(path: path, mode: 0o100000 | mode)) {
                try MeshAuthority(folder: mesh.folder)
            }
        }
        for mode: mode_t in [0o600, 0o400, 0o640] {
            try #require(unsafe chmod(path, mode) == 0)
            _ = try MeshAuthority(folder: mesh.folder)
        }
        let error = AuthorityError.openKey(path: "k", mode: 0o100644)
        #expect(error.description.contains("(mode 0644). Run `chmod 600 k`"))
    }

    @Test func `of two authorities do not fit together`() throws {
        let (mesh, other) = (try TestMesh(), try TestMesh())
        #expect(
            throws: AuthorityError.unfit(
                what: mesh.path("authority.key"), why: "it is not the key of \(other.path("authority.pem"))")
        ) {
            try MeshAuthority(
                certificate: other.folder.appending("authority.pem"), key: mesh.folder.appending("authority.key"))
        }
    }

    @Test func `are read only as far as such files go`() throws {
        let folder = try TestMesh.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder.string) }
        let path = folder.appending("big")
        try Data(count: CertificateFiles.bytesMax + 1).write(to: URL(fileURLWithPath: path.string))
        #expect(throws: AuthorityError.tooLarge(path: path.string, bytesMax: CertificateFiles.bytesMax)) {
            try CertificateFiles.read(path)
        }
        #expect(throws: AuthorityError.missing(path: folder.appending("no").string)) {
            try CertificateFiles.read(folder.appending("no"))
        }
        #expect(throws: AuthorityError.file(action: "read", path: folder.string, code: EISDIR)) {
            try CertificateFiles.read(folder)
        }
    }
}
