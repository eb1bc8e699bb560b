// Every file of `cluster-config` is what the tables of keys say, is read, and means what it should.
import Foundation
import Testing

@testable import Settings

@Suite struct `A file of cluster-config` {
    private static let source = SettingsSource(
        file: "node.yaml", folder: "/etc/weft", cores: 8, memory: 32 << 30, exists: { _ in true })

    /// `WEFT_WRITE_EXAMPLES=1 swift test` writes them anew.
    @Test(arguments: ExampleConfig.all)
    func `has the comments of the tables`(example: ExampleConfig) throws {
        if ProcessInfo.processInfo.environment["WEFT_WRITE_EXAMPLES"] != nil {
            try FileManager.default.createDirectory(
                at: example.file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(example.text.utf8).write(to: example.file)
        }
        #expect(try String(decoding: Data(contentsOf: example.file), as: UTF8.self) == example.text)
    }

    @Test func `is in the list, each one`() throws {
        let found = try #require(FileManager.default.enumerator(atPath: ExampleConfig.folder.path))
        let files = found.compactMap { $0 as? String }.filter { path in
            path.hasSuffix(".yaml") && ["one-node", "three-nodes", "five-nodes"].contains { path.hasPrefix($0 + "/") }
        }
        #expect(files.sorted() == ExampleConfig.all.map(\.path).sorted())
    }

    private static func node(_ path: String) throws -> NodeSettings {
        let file = ExampleConfig.folder.appendingPathComponent(path)
        return try NodeSettings.read(String(decoding: Data(contentsOf: file), as: UTF8.self), from: source)
    }

    private static func client(_ path: String) throws -> ClientSettings {
        let file = ExampleConfig.folder.appendingPathComponent(path)
        return try ClientSettings.read(String(decoding: Data(contentsOf: file), as: UTF8.self), from: source)
    }

    @Test func `makes a node of its own`() throws {
        let node = try Self.node("one-node/node.yaml")
        #expect(node.name == "one" && node.tls == nil && node.peers == nil)
        #expect(node.registry.listen == Endpoint(host: "127.0.0.1", port: 5080))
        #expect(node.registry.upstreams.map(\.name) == ["docker.io"])
        #expect(node.capacity.slots == 8)
        #expect(node.classes.map(\.name) == ["default"])
    }

    @Test(arguments: ["a", "b", "c"])
    func `makes one of three nodes on one host`(name: String) throws {
        let node = try Self.node("three-nodes/\(name).yaml")
        #expect(node.name == name)
        #expect(node.store == "/var/lib/weft-mesh/\(name)")
        #expect(node.tls?.key == "/etc/weft/tls/nodes/\(name)/\(name).key")
        #expect(node.peers?.join.count == 2)
        #expect(node.peers?.join.contains { $0 == node.peers?.listen } == false)
        #expect(node.registry.listen.host == node.peers?.listen.host)
        #expect(node.registry.tls == nil && node.registry.anonymousPull)
        guard case .voters(let voters, let own) = node.ledger else { throw WrongLedger() }
        #expect(voters == ["a", "b", "c"] && own?.listen.host == node.peers?.listen.host)
        #expect(
            own?.client.host == node.peers?.listen.host && own?.files.key.hasSuffix("nodes/\(name)/ledger.key") == true)
    }

    @Test(arguments: ["a", "b", "c", "d", "e"])
    func `makes one of five nodes on five hosts`(name: String) throws {
        let node = try Self.node("five-nodes/\(name).yaml")
        #expect(node.name == name)
        #expect(
            node.registry.tls == KeyPair(certificate: "/etc/weft/tls/\(name).pem", key: "/etc/weft/tls/\(name).key"))
        #expect(!node.registry.anonymousPull && node.registry.users == "/etc/weft/users")
        #expect(node.tls?.authorityKey == (name == "a" ? "/etc/weft/tls/authority.key" : nil))
        #expect(node.buildClass("default")?.mayReuse(from: "ci") == true)
        #expect(node.buildClass("ci")?.mayReuse(from: "default") == false)
        #expect(node.buildClass("ci")?.mayPublish(to: "shop/api") == true)
        #expect(node.buildClass("default")?.mayPublish(to: "shop/api") == false)
        #expect(node.buildClass("ci")?.mayPublish(to: "registry.example.com/shop/api") == true)
        #expect(node.buildClass("ci")?.mayPublish(to: "10.0.0.1:5000/shop/api") == true)
        #expect(node.buildClass("ci")?.mayPublish(to: "other/shop/api") == false)
        #expect(node.buildClass("default")?.mayPublish(to: "try.example.com/shop") == false)
        guard case .voters(let voters, let own) = node.ledger else { throw WrongLedger() }
        #expect(voters == ["a", "b", "c", "d", "e"] && own?.listen == Endpoint(host: "0.0.0.0", port: 5_095))
        #expect(own?.client == Endpoint(host: "127.0.0.1", port: 5_096) && own?.data == "/var/lib/weft/ledger")
        #expect(node.registry.push[0].allows([.ofClass("ci")], repo: "shop/api"))
        #expect(!node.registry.push[0].allows([.ofClass("default"), .client("x")], repo: "shop/api"))
        #expect(node.drainTimeout == .seconds(300))
    }

    private struct WrongLedger: Error {}

    @Test func `makes a client`() throws {
        let me = try Self.client("three-nodes/mesh.yaml")
        #expect(me.key == "/etc/weft/tls/clients/me/me.key" && me.workHere == .auto && me.slots == 8)
        let ci = try Self.client("five-nodes/mesh.yaml")
        #expect(ci.buildClass == "ci" && ci.workHere == .never && ci.join.count == 3)
    }

    /// What the service must have, or stages can't run or end.
    @Test func `makes a service of systemd`() throws {
        let file = ExampleConfig.folder.appendingPathComponent("weft-node.service")
        let text = try String(decoding: Data(contentsOf: file), as: UTF8.self)
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") && !$0.hasPrefix("[") }
        #expect(lines.allSatisfy { $0.contains("=") })
        let pairs = lines.map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
        let settings = Dictionary(pairs.filter { $0.count == 2 }.map { ($0[0], $0[1]) }) { first, _ in first }
        #expect(settings["Type"] == "exec")
        #expect(settings["KillSignal"] == "SIGTERM")
        #expect(settings["KillMode"] == "mixed")
        #expect(settings["Delegate"] == "yes")
        #expect(settings["LimitNOFILE"] == "1048576")
        #expect(settings["ExecStart"]?.hasSuffix("weft node --config /etc/weft/node.yaml") == true)
        // It must outlast `drainTimeout` of every example.
        #expect(settings["TimeoutStopSec"] == "330")
        let namespaces = [
            "Protect", "Private", "ReadOnly", "ReadWrite", "Inaccessible", "Bind", "MountFlags", "RootDirectory",
            "TemporaryFileSystem", "RestrictNamespaces", "DynamicUser",
        ]
        for name in settings.keys { #expect(!namespaces.contains { name.hasPrefix($0) }, "\(name)") }
    }
}
