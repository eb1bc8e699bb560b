// `weft ca`, from the command line to files that nodes and clients start from.
import ArgumentParser
import Authority
import Foundation
import Settings
import SystemPackage
import Testing

@testable import weft

/// Runs commands in a folder of its own.
private final class CAFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("weft-ca-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var mesh: String { path + "/mesh" }
    var files: AuthorityFolder { AuthorityFolder(FilePath(mesh)) }

    func run(_ words: String...) async throws {
        var command = try CACommand.parseAsRoot(words + ["--dir", mesh])
        guard var command = command as? any AsyncParsableCommand else { return try command.run() }
        try await command.run()
    }

    func show(_ name: String, _ more: String...) async throws {
        let command = try CAShowCommand.parse([mesh + "/" + name] + more)
        try await command.run()
    }
}

@Suite struct `weft ca` {
    @Test func `makes a mesh of three nodes with one command`() async throws {
        let folder = try CAFolder()
        try await folder.run(
            "init", "--node", "a=10.0.0.1", "--node", "b=10.0.0.2,b.example.com", "--node", "c=fd00::3", "--client",
            "ci=ci,release")
        let listen = ["a": "10.0.0.1:5090", "b": "10.0.0.2:5090", "c": "[fd00::3]:5090"]
        for (name, address) in listen {
            let node = try SettingsFile.node("\(folder.mesh)/nodes/\(name)/node.yaml")
            #expect(node.name == name && node.store == "/var/lib/weft")
            #expect(node.peers?.listen.description == address && node.peers?.advertise.description == address)
            #expect(Set(node.peers?.join.map(\.description) ?? []) == Set(listen.values).subtracting([address]))
            #expect(node.registry.listen.description == "127.0.0.1:5080")
            let tls = try #require(node.tls)
            let peer = try CertificateFile(FilePath(tls.certificate)).leaf
            #expect(peer.name == name && peer.role == .node)
            #expect(peer.publicKey == (try NodeKey(file: FilePath(tls.key)).publicKey))
            let root = try AuthorityCertificate(file: FilePath(tls.authority))
            #expect(
                try await root.problem(CertificateFile(FilePath(tls.certificate)).leafDER, now: Clock.seconds) == nil)
            try await folder.show("nodes/\(name)/\(name).pem")
        }
        let client = try #require(try SettingsFile.client(option: folder.mesh + "/clients/ci/mesh.yaml"))
        #expect(client.buildClass == "ci")
        #expect(client.join.map(\.description) == ["10.0.0.1:5090", "10.0.0.2:5090", "[fd00::3]:5090"])
        #expect(try CertificateFile(FilePath(client.certificate)).leaf.classes == ["ci", "release"])
    }

    @Test func `makes nodes of one host that do not get in each other's way`() async throws {
        let folder = try CAFolder()
        try await folder.run("init", "--node", "a=127.0.0.1", "--node", "b=127.0.0.2", "--port", "6000")
        let nodes = try ["a", "b"].map { try SettingsFile.node("\(folder.mesh)/nodes/\($0)/node.yaml") }
        let addresses = nodes.flatMap {
            [$0.peers?.listen, $0.registry.listen, $0.metrics].compactMap { $0?.description }
        }
        #expect(
            addresses == [
                "127.0.0.1:6000", "127.0.0.1:5080", "127.0.0.1:5070", "127.0.0.2:6000", "127.0.0.2:5080",
                "127.0.0.2:5070",
            ])
        #expect(nodes.map(\.store) == ["/var/lib/weft-mesh/a", "/var/lib/weft-mesh/b"])
    }

    /// As the head of each file there says.
    @Test func `makes the certificates that cluster-config's three nodes name`() async throws {
        let folder = try CAFolder()
        let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let copy = folder.path + "/three-nodes"
        try FileManager.default.copyItem(
            atPath: repository.appendingPathComponent("cluster-config/three-nodes").path, toPath: copy)
        let head = try String(contentsOfFile: copy + "/a.yaml", encoding: .utf8).split(separator: "\n").prefix {
            $0.hasPrefix("# ")
        }
        let words = head.joined(separator: " ").replacingOccurrences(of: "# ", with: "").components(
            separatedBy: "weft ca init --dir tls ")
        try #require(words.count == 2)
        let arguments = words[1].split(separator: " ").prefix(8).map(String.init)
        try await CAInitCommand.parse(arguments + ["--dir", copy + "/tls"]).run()
        try await CATokenCommand.parse(["me", "--file", copy + "/users"]).run()
        for name in ["a", "b", "c"] { #expect(try SettingsFile.node(copy + "/\(name).yaml").name == name) }
        #expect(try SettingsFile.client(option: copy + "/mesh.yaml")?.join.count == 3)
    }

    @Test func `calls a node without addresses by its name`() async throws {
        let folder = try CAFolder()
        try await folder.run("init", "--node", "a.example.com")
        let node = try SettingsFile.node("\(folder.mesh)/nodes/a.example.com/node.yaml")
        #expect(node.peers?.listen.description == "0.0.0.0:5090")
        #expect(node.peers?.advertise.description == "a.example.com:5090")
    }

    @Test func `replaces nothing unless told to`() async throws {
        let folder = try CAFolder()
        try await folder.run("init", "--node", "a=10.0.0.1")
        let old = try folder.files.authority().certificate.fingerprint
        await #expect(throws: AuthorityError.exists(path: folder.mesh + "/authority.pem")) {
            try await folder.run("init", "--node", "b=10.0.0.2")
        }
        #expect(folder.files.entries().map(\.name) == ["a"])
        await #expect(throws: AuthorityError.exists(path: folder.mesh + "/nodes/a/a.pem")) {
            try await folder.run("issue", "node", "a=10.0.0.1")
        }
        #expect(try folder.files.authority().certificate.fingerprint == old)
        try await folder.run("init", "--node", "a=10.0.0.1", "--force")
        #expect(try folder.files.authority().certificate.fingerprint != old)
        try await folder.show("nodes/a/a.pem")
    }

    @Test func `refuses what can be no mesh`() async throws {
        let folder = try CAFolder()
        let mistakes = [
            (["--node", "A=10.0.0.1"], "`A` is no name for a node, client or class: only a-z, 0-9, dots and dashes"),
            (["--node", "a=10.0.0.300"], "`10.0.0.300` is neither an IP address nor a DNS name."),
            (["--node", "a=10.0.0.1,"], "`` is neither an IP address nor a DNS name."),
            (["--node", "a=10.0.0.1", "--node", "a=10.0.0.2"], "`a` is there twice;"),
            (["--node", "a=10.0.0.1", "--node", "b=10.0.0.1"], "two nodes are reached at 10.0.0.1."),
            (["--node", "a=10.0.0.1", "--client", "a"], "`a` is there twice;"),
            (["--client", "ci=x y"], "`x y` is no name for a node, client or class"),
            (["--name", "Mesh"], "`Mesh` is no name for a node, client or class"),
        ]
        for (words, message) in mistakes {
            let command = try CAInitCommand.parse(words + ["--dir", folder.mesh])
            do {
                try await command.run()
                Issue.record("\(words)")
            } catch { #expect("\(error)".contains(message), "\(error)") }
            #expect(!FileManager.default.fileExists(atPath: folder.mesh))
        }
    }

    @Test func `issues, renews and denies`() async throws {
        let folder = try CAFolder()
        try await folder.run("init", "--node", "a=10.0.0.1")
        try await folder.run("issue", "client", "ann=ci", "--hours", "2")
        let ann = folder.files.entry(.client, "ann")
        let first = try ann.files.read()
        #expect(first.lifetime == 7_200 && first.classes == ["ci"])
        try await folder.run("renew", "ann")
        let second = try ann.files.read()
        #expect(second.subject == first.subject && second.lifetime == 7_200)
        #expect(second.serial != first.serial && second.publicKey != first.publicKey)
        #expect(second.publicKey == (try NodeKey(file: ann.files.key).publicKey))

        try await folder.run("deny", second.serial, "--reason", "lost laptop")
        await #expect(throws: ExitCode.failure) {
            try await folder.show("clients/ann/ann.pem", "--denied", folder.mesh + "/denied")
        }
        await #expect(throws: UsageError.self) { try await folder.run("renew", "ann") }
        try await folder.run("renew", "--all")
        #expect(try ann.files.read() == second)
        // Each node's copy has it, too.
        let copy = try DenyList(file: folder.files.entry(.node, "a").folder.appending("denied"))
        #expect(copy.isDenied(second) == "lost laptop" && copy.isDenied(first) == nil)
        try await folder.run("deny", "a")
        #expect(try DenyList(file: folder.files.denied).count == 2)
        await #expect(throws: ExitCode.failure) { try await folder.show("nodes/a/a.pem") }
        await #expect(throws: UsageError.self) { try await folder.run("issue", "node", "ann") }
        await #expect(throws: UsageError.self) { try await folder.run("renew", "nobody") }
        try await folder.run("list")
    }

    @Test func `shows what is wrong by its exit code`() async throws {
        let (folder, other) = (try CAFolder(), try CAFolder())
        try await folder.run("init", "--node", "a=10.0.0.1")
        try await other.run("init", "--node", "a=10.0.0.1")
        try await folder.show("authority.pem")
        try await folder.show("nodes/a/a.pem", "--json")
        await #expect(throws: ExitCode.failure) {
            try await folder.show("nodes/a/a.pem", "--authority", other.mesh + "/authority.pem")
        }
        await #expect(throws: AuthorityError.self) { try await folder.show("nodes/a/a.key") }
    }

    @Test func `makes tokens that a config can name`() async throws {
        let folder = try CAFolder()
        let users = folder.path + "/users"
        try await CATokenCommand.parse(["ann", "--file", users]).run()
        await #expect(throws: UsageError.self) { try await CATokenCommand.parse(["ann", "--file", users]).run() }
        try await CATokenCommand.parse(["bob", "--file", users]).run()
        #expect(try RegistryTokens(file: FilePath(users)).names == ["ann", "bob"])
        let facts = try FileManager.default.attributesOfItem(atPath: users)
        #expect(facts[.posixPermissions] as? Int == 0o600)
    }

    @Test func `takes lifetimes that somebody renews`() throws {
        let bad = [
            ["--days", "0"], ["--days", "367"], ["--days", "1", "--hours", "1"], ["--days", "9223372036854775807"],
        ]
        for words in bad { #expect(throws: (any Error).self) { try LifetimeFlags.parse(words) } }
        #expect(try LifetimeFlags.parse(["--days", "7"]).seconds == 7 * 86_400)
        #expect(try LifetimeFlags.parse([]).seconds == nil)
    }
}

@Suite struct `The mesh of a client` {
    @Test func `is absent where nothing names it, and an error where its file is missing`() throws {
        let folder = try CAFolder()
        #expect(try SettingsFile.client(option: nil, environment: ["HOME": folder.path]) == nil)
        #expect(throws: AuthorityError.missing(path: folder.path + "/no.yaml")) {
            try SettingsFile.client(option: folder.path + "/no.yaml", environment: [:])
        }
        #expect(throws: AuthorityError.missing(path: folder.path + "/no.yaml")) {
            try SettingsFile.client(option: nil, environment: ["WEFT_MESH": folder.path + "/no.yaml"])
        }
    }

    /// What a certificate can hold, a config can name.
    @Test func `has the same names in certificates and in configs`() {
        let names = ["a", "a.b-c", "", "A", "a..b", "-a", "a-", "a_b", String(repeating: "a", count: 64), "1"]
        for name in names { #expect((MeshName.problem(name) == nil) == (SettingsName.problem(name) == nil), "\(name)") }
    }
}
