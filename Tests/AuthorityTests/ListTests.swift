// Deny lists, token files, names and addresses: lines of text that decide.
import Authority
import SystemPackage
import Testing

@Suite struct `A deny list` {
    @Test func `denies by serial number and by name, with the reason`() throws {
        let mesh = try TestMesh(now: testDay)
        let a = try mesh.issue("a", .node, now: testDay).peer
        let b = try mesh.issue("b", .node, now: testDay).peer
        let list = try DenyList("# comment\n\n name a  it was   stolen \r\nserial \(b.serial)\n")
        #expect(list.count == 2)
        #expect(list.isDenied(a) == "it was stolen")
        #expect(list.isDenied(b) == "no reason given")
        let c = try mesh.issue("c", .node, now: testDay).peer
        #expect(list.isDenied(c) == nil)
        #expect(DenyList().isDenied(a) == nil)
        #expect(try DenyList(DenyList.heading).count == 0)
        #expect(try DenyList(file: mesh.folder.appending("none")).count == 0)
    }

    @Test(arguments: ["a", "name", "name A", "serial", "serial xyz", "serial 123", "Name a", "names a", "name ../a"])
    func `with a line that says nothing clear is refused`(line: String) {
        #expect(
            throws: AuthorityError.badLine(
                file: "f", line: 2, why: "a line is `serial HEX REASON` or `name NAME REASON`, and this is not")
        ) { try DenyList("name b\n\(line)\n", file: "f") }
    }

    @Test func `writes lines that it reads`() throws {
        let mesh = try TestMesh(now: testDay)
        let peer = try mesh.issue("a", .node, now: testDay).peer
        let byName = try DenyList.line(for: "a", reason: "lost\nname b no")
        #expect(byName == "name a lost name b no\n")
        #expect(try DenyList(byName).isDenied(peer) == "lost name b no")
        let bySerial = try DenyList.line(for: peer.serial, reason: "")
        #expect(try DenyList(bySerial).isDenied(peer) == "no reason given")
        #expect(throws: AuthorityError.self) { try DenyList.line(for: "no name", reason: "") }
    }
}

@Suite struct `A file of tokens` {
    @Test func `lets in who has the token, and nobody else`() throws {
        var tokens = RegistryTokens()
        let ann = try tokens.make(for: "ann")
        let bob = try tokens.make(for: "bob")
        #expect(ann.hasPrefix("weft_") && ann.utf8.count == 69 && ann != bob)
        let read = try RegistryTokens(tokens.text, file: "users")
        #expect(read == tokens)
        #expect(!tokens.text.contains(ann))
        #expect(read.check(ann, of: "ann"))
        #expect(!read.check(ann, of: "bob"))
        #expect(!read.check(bob, of: "ann"))
        #expect(!read.check(ann, of: "carl"))
        #expect(!read.check("", of: "carl"))
        #expect(!read.check("", of: "ann"))
        let again = try tokens.make(for: "ann")
        #expect(tokens.check(again, of: "ann") && !tokens.check(ann, of: "ann"))
    }

    @Test func `holds hashes only`() throws {
        let hash = String(repeating: "0a", count: 32)
        for line in ["ann:secret", "ann:$2y$05$abc", "ann:sha256:abc", "Ann:sha256:\(hash)", "ann:md5:\(hash)", ":"] {
            #expect(
                throws: AuthorityError.badLine(
                    file: "users", line: 1, why: "a line is `NAME:sha256:HEX`, as `weft ca token` writes it")
            ) { try RegistryTokens(line, file: "users") }
        }
        #expect(throws: AuthorityError.badLine(file: "users", line: 3, why: "`ann` has two tokens")) {
            try RegistryTokens("ann:sha256:\(hash)\n# x\n ann:sha256:\(hash)\n", file: "users")
        }
    }
}

@Suite struct `A name in a mesh` {
    @Test(arguments: ["a", "a1", "node-1.example.com", "7", String(repeating: "a", count: 63)])
    func `may be`(name: String) { #expect(MeshName.problem(name) == nil) }

    @Test(arguments: [
        "", ".", "..", "-", "a.", ".a", "-a", "a-", "A", "a_b", "a/b", "a b", "a..b", "ä", "a\n", "a\0", "authority",
        "denied", String(repeating: "a", count: 64),
    ])
    func `may not be`(name: String) { #expect(MeshName.problem(name) != nil) }
}

@Suite struct `An address in a certificate` {
    @Test(arguments: [
        ("10.0.0.1", "10.0.0.1"), ("fd00:0:0::1", "fd00::1"), ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
        ("a", "a"), ("a-b.example.com", "a-b.example.com"), ("1.example", "1.example"),
    ])
    func `may be`(text: String, shown: String) throws { #expect(try HostAddress(text).description == shown) }

    @Test(arguments: [
        "", ".", "10.0.0", "10.0.0.256", "1", "*.example.com", "a..b", "a.", "-a", "a-", "a.b-", "A", "a:1", "[::1]",
        "10.0.0.1/8", "a b", "fe80::1%eth0", "10.0.0.1\0", String(repeating: "a.", count: 130) + "b",
    ])
    func `may not be`(text: String) {
        #expect(throws: AuthorityError.badAddress(text: text)) { try HostAddress(text) }
    }
}
