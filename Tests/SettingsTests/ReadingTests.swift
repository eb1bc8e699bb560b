// What a config means when it is right: defaults, paths, and that every documented key is read.
import Testing

@testable import Settings

@Suite struct `A config` {
    private static func node(_ text: String) throws -> NodeSettings {
        try NodeSettings.read(text, from: Mistake.source)
    }

    @Test func `of one line has all defaults`() throws {
        let node = try Self.node("name: a")
        let all = try #require(RepoPattern("**"))
        let expected = NodeSettings(
            name: "a", zone: "default", store: "/var/lib/weft", tls: nil, peers: nil,
            registry: RegistrySettings(
                listen: Endpoint(host: "127.0.0.1", port: 5080), advertise: Endpoint(host: "127.0.0.1", port: 5080),
                tls: nil, anonymousPull: true, users: nil, push: [], pull: [RepoRule(repos: [all], who: [.anyone])],
                upstreams: []),
            capacity: CapacitySettings(slots: 4, transfers: 16, memory: 8 << 30, disk: nil, reserve: 5 << 30),
            classes: [
                BuildClass(
                    name: "default", network: .nat, publish: [all], memory: 8 << 30, processes: 4_096,
                    time: .seconds(3_600), reuse: [])
            ],
            ledger: nil, metrics: nil, log: LogSettings(level: .info, format: .text), drainTimeout: .seconds(60))
        #expect(node == expected)
        // Nulls are as good as absent.
        #expect(try Self.node("name: a\ncapacity:\nlog: {level: ~}\nclasses: []\nmetrics: null") == expected)
    }

    @Test func `of a mesh knows where others call`() throws {
        let tls = "name: a\ntls: {certificate: ./a.pem, key: /etc/weft/a.key, authority: authority.pem}\n"
        func peers(_ text: String) throws -> PeerSettings? { try Self.node(tls + "peers: {\(text)}").peers }
        #expect(try peers("listen: '10.0.0.1:5090'")?.advertise == Endpoint(host: "10.0.0.1", port: 5090))
        #expect(try peers("listen: '0.0.0.0:5090'")?.advertise == Endpoint(host: "a", port: 5090))
        #expect(
            try peers("listen: '[::]:1', advertise: '[fd00::1]:2'")?.advertise == Endpoint(host: "fd00::1", port: 2))
        #expect(try peers("listen: 'a:1'")?.join == [])
        #expect(try peers("listen: 'a:1', join: ['b:2', '[::1]:3']")?.join.map(\.description) == ["b:2", "[::1]:3"])
        let node = try Self.node(tls + "peers: {listen: 'a:1'}\nregistry: {listen: '0.0.0.0:5080'}\n")
        #expect(node.tls?.certificate == "/etc/weft/a.pem" && node.tls?.key == "/etc/weft/a.key")
        // A registry that others reach speaks with the node's certificate, and lets in who has a name.
        #expect(node.registry.tls == KeyPair(certificate: "/etc/weft/a.pem", key: "/etc/weft/a.key"))
        #expect(!node.registry.anonymousPull)
    }

    @Test func `of a ledger's voter knows where the others call`() throws {
        let mesh =
            "name: a\ntls: {certificate: a.pem, key: a.key, authority: authority.pem}\npeers: {listen: '127.0.0.2:5090'}\n"
        let files = "certificate: a.pem, key: a.key, authority: authority.pem"
        func ledger(_ text: String) throws -> LedgerSettings? { try Self.node(mesh + "ledger: {\(text)}").ledger }
        #expect(try ledger("voters: [b]") == .voters(names: ["b"], own: nil))
        let paths = LedgerFiles(
            certificate: "/etc/weft/a.pem", key: "/etc/weft/a.key", authority: "/etc/weft/authority.pem")
        #expect(
            try ledger("voters: [a, b, c], \(files)")
                == .voters(
                    names: ["a", "b", "c"],
                    own: VoterSettings(
                        listen: Endpoint(host: "127.0.0.2", port: 5_095),
                        client: Endpoint(host: "127.0.0.2", port: 5_096),
                        data: "/var/lib/weft/ledger", files: paths, quota: 4 << 30)))
        #expect(
            try ledger("etcd: ['https://h:1', 'https://[::1]:2'], \(files), prefix: shop/")
                == .etcd(EtcdSettings(urls: ["https://h:1", "https://[::1]:2"], prefix: "shop/", files: paths)))
        #expect(
            try ledger("etcd: ['http://127.0.0.1:2379']")
                == .etcd(EtcdSettings(urls: ["http://127.0.0.1:2379"], prefix: "weft/", files: nil)))
    }

    @Test func `begins relative paths at its folder`() {
        func absolute(_ path: String, in folder: String) -> String {
            SettingsSource(file: "f", folder: folder, cores: 1, memory: 1, exists: { _ in true }).absolute(path)
        }
        #expect(absolute("a", in: "/etc/weft") == "/etc/weft/a")
        #expect(absolute("./a", in: "/") == "/a")
        #expect(absolute("a", in: "") == "a")
        #expect(absolute("/b", in: "/etc") == "/b")
        #expect(absolute("../b", in: "conf") == "conf/../b")
    }

    private static let everything = SettingsSource(
        file: "node.yaml", folder: "/etc/weft", cores: 4, memory: 32 << 30, exists: { _ in true })

    private static let readers: [(KeyTable, @Sendable (String) throws -> Void)] = [
        (.node, { _ = try NodeSettings.read($0, from: everything) }),
        (.client, { _ = try ClientSettings.read($0, from: everything) }),
    ]

    @Test func `of all examples of the tables is right`() throws {
        for (table, read) in Self.readers { try read(Self.text("", table, wrong: nil)) }
    }

    /// A table that says more than is read would be a promise that nobody keeps.
    @Test func `is read in every key of the tables`() {
        for (table, read) in Self.readers {
            for key in table.keys {
                let message = Mistake.message { try read(Self.text("", table, wrong: key.path)) }
                let isNamed = message.contains("`\(key.name)`") || message.contains("`\(key.path)` must be")
                #expect(isNamed, "\(key.path): \(message)")
            }
        }
    }

    /// All keys of a section with their examples; `wrong` has a value of a kind that no key has.
    private static func text(_ section: String, _ table: KeyTable, wrong: String?) -> String {
        let pairs = table.keys.filter { $0.section == section }.map { key -> String in
            let isList = !table.keys(in: key.path + "[]").isEmpty
            let isSection = !table.keys(in: key.path).isEmpty
            if key.path == wrong { return "\(key.name): \(isList || isSection ? "x" : "{x: [[]]}")" }
            if isList { return "\(key.name): [\(text(key.path + "[]", table, wrong: wrong))]" }
            return "\(key.name): \(isSection ? text(key.path, table, wrong: wrong) : key.example)"
        }
        // Addresses of IPv4 need no quotes in braces; a comma ends them.
        return "{" + pairs.joined(separator: ", ") + "}"
    }

    @Test func `of a client is found where it should be`() {
        #expect(ClientSettingsPlace(option: "x", environment: ["WEFT_MESH": "y", "HOME": "/h"]) == .named("x"))
        #expect(ClientSettingsPlace(option: nil, environment: ["WEFT_MESH": "y", "HOME": "/h"]) == .named("y"))
        #expect(
            ClientSettingsPlace(option: "", environment: ["WEFT_MESH": "", "HOME": "/h"])
                == .usual("/h/.weft/mesh.yaml"))
        #expect(ClientSettingsPlace(option: nil, environment: [:]) == .nowhere)
    }
}
