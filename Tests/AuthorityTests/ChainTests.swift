// Whether a certificate is believed: signer, time, authority.
import Authority
import SystemPackage
import Testing

@Suite struct `A chain` {
    @Test func `of the mesh is believed while it is valid`() async throws {
        let mesh = try TestMesh(now: testDay)
        let leaf = try mesh.issue("a", .node, days: 30, now: testDay).der
        let root = mesh.authority.certificate
        #expect(try await root.problem(leaf, now: testDay) == nil)
        #expect(try await root.problem(leaf, now: testDay + 30 * 86_400) == nil)
        #expect(try await root.problem(leaf, now: testDay + 30 * 86_400 + 1) == "it has expired")
        #expect(
            try await root.problem(leaf, now: testDay - 301)
                == "its authority's own certificate is not yet valid; is the clock right?")
    }

    @Test func `that begins later is not believed yet`() async throws {
        let mesh = try TestMesh(now: testDay)
        let leaf = try mesh.issue("a", .node, now: testDay + 86_400).der
        #expect(
            try await mesh.authority.certificate.problem(leaf, now: testDay)
                == "it is not yet valid; is the clock right?")
    }

    @Test func `of another authority is not believed, whatever that is called`() async throws {
        let (mesh, other) = (try TestMesh(now: testDay), try TestMesh(now: testDay))
        let leaf = try other.issue("a", .node, now: testDay).der
        #expect(
            try await mesh.authority.certificate.problem(leaf, now: testDay) == "it was not signed by `weft mesh test`")
        let selfSigned = try ForeignCertificate().bytes()
        #expect(
            try await mesh.authority.certificate.problem(selfSigned, now: testDay)
                == "it was not signed by `weft mesh test`")
    }

    @Test func `ends with its authority`() async throws {
        let mesh = try TestMesh(now: testDay)
        let leaf = try mesh.issue("a", .node, now: testDay).der
        #expect(
            try await mesh.authority.certificate.problem(leaf, now: testDay + MeshAuthority.lifetime + 1)
                == "its authority's own certificate has expired")
    }

    @Test func `does not begin at a node's certificate`() throws {
        let mesh = try TestMesh()
        try mesh.issue("a", .node)
        #expect(throws: AuthorityError.unfit(what: "x", why: "it holds 2 certificates, not one")) {
            try AuthorityCertificate(pem: try CertificateFiles.read(mesh.folder.appending("a.pem")), what: "x")
        }
        let leaf = try CertificateFiles.read(mesh.folder.appending("a.pem")).split(separator: "-----END")[0]
        #expect(
            throws: AuthorityError.unfit(what: "x", why: "it is not the certificate of a mesh's authority")
        ) {
            try AuthorityCertificate(pem: leaf + "-----END CERTIFICATE-----\n", what: "x")
        }
        #expect(
            throws: AuthorityError.unreadable(what: "x", why: "it holds something else than certificates in PEM")
        ) {
            try AuthorityCertificate(pem: try NodeKey().pem(), what: "x")
        }
    }
}
