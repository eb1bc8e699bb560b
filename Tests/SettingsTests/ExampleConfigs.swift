// The config files of `cluster-config`: their values; their comments come from the tables of keys.
import Foundation
import Settings
import Testing

struct ExampleConfig: CustomTestStringConvertible {
    /// Below `cluster-config`.
    let path: String
    let heading: String
    let table: KeyTable
    let values: [String: String]
    var isFull = false

    var testDescription: String { path }

    var text: String { ConfigText(table, values: values, isFull: isFull).text(heading: heading) }

    /// The file as it is in the repository.
    var file: URL { Self.folder.appendingPathComponent(path) }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("cluster-config")

    static let all = [oneNode] + threeNodes + [threeNodesClient] + fiveNodes + [fiveNodesClient]

    static let oneNode = ExampleConfig(
        path: "one-node/node.yaml",
        heading:
            "A node of its own: a registry for this host, and a cache of others. Every key is here; a key behind a "
            + "# shows its example or default. Run: weft node --config node.yaml",
        table: .node,
        values: [
            "name": "one", "store": "/var/lib/weft", "registry.listen": "127.0.0.1:5080",
            "registry.upstreams": "- name: docker.io\n  url: https://registry-1.docker.io\n  allow: ['library/**']",
            "capacity.reserve": "5GiB", "metrics.listen": "127.0.0.1:5070", "log.level": "info",
        ], isFull: true)

    private static let hosts = ["a": 1, "b": 2, "c": 3, "d": 4, "e": 5]

    private static func others(of name: String, among names: [String], network: String) -> String {
        let calls = names.filter { $0 != name }.map { "\(network).\(hosts[$0] ?? 0):5090" }
        return "[" + calls.joined(separator: ", ") + "]"
    }

    static let threeNodes = ["a", "b", "c"].map { name in
        let address = "127.0.0.\(hosts[name] ?? 0)"
        return ExampleConfig(
            path: "three-nodes/\(name).yaml",
            heading:
                "One of three nodes on one host, to try a mesh. Certificates, made in this folder: weft ca init --dir "
                + "tls --node a=127.0.0.1 --node b=127.0.0.2 --node c=127.0.0.3 --client me --client you "
                + "(and the token to push with: weft ca token me --file users)",
            table: .node,
            values: [
                "name": name, "store": "/var/lib/weft-mesh/\(name)",
                "tls.certificate": "tls/nodes/\(name)/\(name).pem", "tls.key": "tls/nodes/\(name)/\(name).key",
                "tls.authority": "tls/authority.pem", "tls.denied": "tls/denied", "peers.listen": "\(address):5090",
                "peers.join": others(of: name, among: ["a", "b", "c"], network: "127.0.0"),
                "registry.listen": "\(address):5080", "registry.auth.users": "users",
                "registry.push": "- repos: ['**']\n  who: ['user:me']", "capacity.slots": "2",
                "capacity.memory": "2GiB",
                "capacity.reserve": "1GiB", "metrics.listen": "\(address):5070", "drainTimeout": "20s",
            ].merging(ledger(of: ["a", "b", "c"], in: "tls/nodes/\(name)")) { $1 })
    }

    /// All of these nodes keep it.
    private static func ledger(of voters: [String], in folder: String) -> [String: String] {
        [
            "ledger.voters": "[" + voters.joined(separator: ", ") + "]", "ledger.certificate": "\(folder)/ledger.pem",
            "ledger.key": "\(folder)/ledger.key", "ledger.authority": "\(folder)/ledger-authority.pem",
        ]
    }

    static let threeNodesClient = ExampleConfig(
        path: "three-nodes/mesh.yaml",
        heading: "The client `me` of the three nodes: weft build --mesh mesh.yaml", table: .client,
        values: [
            "certificate": "tls/clients/me/me.pem", "key": "tls/clients/me/me.key", "authority": "tls/authority.pem",
            "join": "[127.0.0.1:5090, 127.0.0.2:5090, 127.0.0.3:5090]", "class": "default", "work.here": "auto",
        ])

    static let fiveNodes = ["a", "b", "c", "d", "e"].map { name in
        let address = "10.0.0.\(hosts[name] ?? 0)"
        var values = [
            "name": name, "zone": name < "d" ? "rack-1" : "rack-2", "tls.certificate": "tls/\(name).pem",
            "tls.key": "tls/\(name).key", "tls.authority": "tls/authority.pem", "tls.denied": "tls/denied",
            "peers.listen": "0.0.0.0:5090", "peers.advertise": "\(address):5090",
            "peers.join": others(of: name, among: ["a", "b", "c"], network: "10.0.0"),
            "registry.listen": "0.0.0.0:5080", "registry.advertise": "\(name).example.com:5080",
            "registry.auth.anonymousPull": "false", "registry.auth.users": "users",
            "registry.push": "- repos: ['shop/**']\n  who: ['class:ci']",
            "registry.pull": "- repos: ['**']\n  who: [anyone]",
            "registry.upstreams": """
            - name: docker.io
              url: https://registry-1.docker.io
              allow: ['library/**']
            - name: ghcr.io
              url: https://ghcr.io
              allow: ['example/**']
            """,
            "capacity.disk": "200GiB", "capacity.reserve": "10GiB",
            "classes": """
            - name: ci
              publish: ['shop/**']
            - name: default
              publish: ['try/**']
              memory: 4GiB
              time: 30m
              reuse: [ci]
            """,
            "metrics.listen": "\(address):5070", "log.format": "json", "drainTimeout": "5m",
        ]
        if name == "a" { values["tls.authorityKey"] = "tls/authority.key" }
        values.merge(ledger(of: ["a", "b", "c", "d", "e"], in: "tls")) { $1 }
        return ExampleConfig(
            path: "five-nodes/\(name).yaml",
            heading: "One of five nodes on five hosts: as /etc/weft/node.yaml there, with its certificates in "
                + "/etc/weft/tls. Node a renews certificates. Who pulls and pushes by name: weft ca token NAME",
            table: .node, values: values)
    }

    static let fiveNodesClient = ExampleConfig(
        path: "five-nodes/mesh.yaml",
        heading: "The client `ci` of the five nodes: as ~/.weft/mesh.yaml, with its certificate beside it.",
        table: .client,
        values: [
            "certificate": "ci.pem", "key": "ci.key", "authority": "authority.pem",
            "join": "[10.0.0.1:5090, 10.0.0.2:5090, 10.0.0.3:5090]", "class": "ci", "work.here": "never",
        ])
}
