// The nodes and clients of a mesh to be made, and the config file of each.
import Authority
import Settings

enum MeshPorts {
    static let peers = 5090
    static let registry = 5080
    static let metrics = 5070
}

struct MeshPlan {
    let nodes: [PeerOperand]
    let clients: [PeerOperand]
    let port: Int
    /// Who keeps the ledger.
    let voters: [PeerOperand]

    private static let voterCounts = [0, 1, 3, 5, 7]
    private static let usualVoters = 3

    /// - Parameter voters: how many; nil: three, where there are three nodes.
    init(nodes: [String], clients: [String], port: Int, voters: Int? = nil) throws {
        self.nodes = try nodes.map { try PeerOperand($0) }
        self.clients = try clients.map { try PeerOperand($0) }
        self.port = port
        let count = voters ?? (nodes.count >= Self.usualVoters ? Self.usualVoters : 0)
        guard Self.voterCounts.contains(count), count <= nodes.count else {
            throw UsageError(
                "--voters=\(count): 0, 1, 3, 5 or 7 of the nodes keep the ledger, and there are \(nodes.count) nodes.")
        }
        self.voters = Array(self.nodes.prefix(count))
        // Every mistake is found here, before anything is written.
        for node in self.nodes { _ = try node.node() }
        for client in self.clients { _ = try client.client() }
        var names: Set<String> = []
        for name in (self.nodes + self.clients).map(\.name) {
            guard names.insert(name).inserted else {
                throw UsageError("`\(name)` is there twice; each node and each client has a name of its own.")
            }
        }
        var homes: Set<HostAddress> = []
        for node in self.nodes {
            let home = try node.home
            guard homes.insert(home).inserted else { throw UsageError("two nodes are reached at \(home).") }
        }
    }

    /// On one host, each at a loopback address of its own.
    var isOneHost: Bool { !nodes.isEmpty && nodes.allSatisfy { (try? $0.home.isLoopback) == true } }

    func config(of node: PeerOperand) throws -> String {
        let home = try node.home
        let isLocal = home.isLoopback
        var values = [
            "name": node.name, "tls.certificate": "\(node.name).pem", "tls.key": "\(node.name).key",
            "tls.authority": AuthorityCertificate.fileName, "tls.denied": DenyList.fileName,
            "peers.join": try list(nodes.filter { $0.name != node.name }),
            "store": isLocal ? "/var/lib/weft-mesh/\(node.name)" : "/var/lib/weft",
            "registry.listen": isLocal ? home.endpoint(port: MeshPorts.registry) : "127.0.0.1:\(MeshPorts.registry)",
            "metrics.listen": isLocal ? home.endpoint(port: MeshPorts.metrics) : "127.0.0.1:\(MeshPorts.metrics)",
        ]
        values["peers.listen"] = quoted(home.isIP ? home.endpoint(port: port) : "0.0.0.0:\(port)")
        values["registry.listen"] = values["registry.listen"].map(quoted)
        values["metrics.listen"] = values["metrics.listen"].map(quoted)
        if !voters.isEmpty {
            values["ledger.voters"] = "[" + voters.map(\.name).joined(separator: ", ") + "]"
            if voters.contains(where: { $0.name == node.name }) {
                values["ledger.certificate"] = LedgerFile.name
                values["ledger.key"] = LedgerFile.keyName
                values["ledger.authority"] = LedgerAuthority.certificateFileName
            }
        }
        if !home.isIP { values["peers.advertise"] = home.endpoint(port: port) }
        return ConfigText(.node, values: values).text(
            heading: "Config of the weft node \(node.name), for `weft node --config FILE`. Relative paths begin here.")
    }

    func config(ofClient client: PeerOperand) throws -> String {
        let classes = try client.client().classes
        let values = [
            "certificate": "\(client.name).pem", "key": "\(client.name).key",
            "authority": AuthorityCertificate.fileName, "join": try list(nodes),
            "class": classes.first ?? "default",
        ]
        return ConfigText(.client, values: values).text(
            heading: "How `weft build` finds its mesh: as ~/.weft/mesh.yaml, by --mesh FILE, or by $WEFT_MESH. "
                + "Relative paths begin here.")
    }

    /// A flow list; in quotes where brackets of IPv6 would end it.
    private func list(_ nodes: [PeerOperand]) throws -> String {
        "[" + (try nodes.map { quoted(try $0.home.endpoint(port: port)) }).joined(separator: ", ") + "]"
    }

    private func quoted(_ text: String) -> String { text.hasPrefix("[") ? "'\(text)'" : text }
}

extension HostAddress {
    var isIP: Bool { if case .ip = self { true } else { false } }
}
