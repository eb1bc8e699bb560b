// `weft mesh`: what a mesh looks like from its nodes.
import ArgumentParser
import Digests
import Logging
import Membership
import Mesh
import Peering

struct MeshCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mesh",
        abstract: "Look at a mesh, and drain its nodes.",
        discussion: """
            The mesh is the one of --mesh FILE, $WEFT_MESH or ~/.weft/mesh.yaml.

            EXAMPLES
              weft mesh status             nodes, what they do, and where they are
              weft mesh members --json     as membership sees them, for scripts
              weft mesh availability       how much each node holds, by gossip
              weft mesh availability sha256:5f2…   who has this layer or blob
              weft mesh home DIGEST        which node keeps the claim of a stage
              weft mesh drain b            node b takes no more work
              weft mesh ledger init        once, when the mesh's voters run
              weft mesh ledger show        what was published, and by whom
            """,
        subcommands: [
            MeshStatusCommand.self, MeshMembersCommand.self, MeshAvailabilityCommand.self, MeshHomeCommand.self,
            MeshDrainCommand.self, MeshLedgerCommand.self,
        ], defaultSubcommand: MeshStatusCommand.self)
}

struct MeshFlags: ParsableArguments {
    @Option(help: ArgumentHelp("Config of a client of the mesh.", valueName: "file"), completion: .file())
    var mesh: String?

    @Flag(help: "JSON, for scripts.")
    var json = false

    /// Asks the first node that answers.
    func ask<Value: Sendable>(
        _ question: @escaping @Sendable (MeshClient, NodeDesk) async throws -> Value
    ) async throws -> Value {
        var logger = Logger(label: "mesh")
        logger.logLevel = .error
        guard let client = try MeshClient.open(mesh, logger) else {
            throw UsageError(
                "no mesh is configured: name the config with --mesh FILE or $WEFT_MESH, or put it at ~/.weft/mesh.yaml "
                    + "(`weft ca init` makes one)")
        }
        return try await client.run { try await question(client, try await client.desk()) }
    }

    func show(_ rows: some Encodable) throws { Output.line(try JSONText.of(rows)) }
}

/// A node as `weft mesh status` shows it.
private struct StatusRow: Encodable {
    let name: String
    let state: String
    let address: String
    let registry: String
    let zone: String
    let version: String
    let slots: Int
    let running: Int
    let waiting: Int
    let draining: Bool
    /// Empty for a node that keeps no ledger.
    let ledger: String
}

struct MeshStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "Nodes and what they do.")

    @OptionGroup var flags: MeshFlags

    func run() async throws {
        let rows = try await flags.ask { client, desk in
            var rows: [StatusRow] = []
            for member in try await desk.members().rows {
                rows.append(await Self.row(member, client))
            }
            return rows
        }
        guard !flags.json else { return try flags.show(rows) }
        let table = rows.map { row in
            [
                row.name, row.draining ? "draining" : row.state, "\(row.running)/\(row.slots)", "\(row.waiting)",
                row.ledger, row.address, row.registry, row.zone, row.version,
            ]
        }
        let heads = ["NODE", "STATE", "RUNNING", "WAITING", "LEDGER", "PEERS", "REGISTRY", "ZONE", "VERSION"]
        Output.line(TextTable.lines([heads] + table).joined(separator: "\n"))
    }

    private static func row(_ member: MemberRow, _ client: MeshClient) async -> StatusRow {
        var card: NodeCard?
        if member.state == .alive || member.state == .suspect, let address = PeerAddress(member.peerAddress) {
            card = try? await client.links.node(at: address).desk.card()
        }
        return StatusRow(
            name: member.name, state: card == nil && member.state == .alive ? "silent" : "\(member.state)",
            address: member.peerAddress, registry: card?.registryAddress ?? "", zone: member.zone,
            version: card?.version ?? "", slots: card?.slots ?? member.slots, running: card?.running ?? 0,
            waiting: card?.waiting ?? 0, draining: card?.isDraining ?? false, ledger: card?.ledger ?? "")
    }
}

private struct MembershipRow: Encodable {
    let name: String
    let state: String
    let incarnation: UInt64
    let address: String
    let zone: String
    let slots: Int
}

struct MeshMembersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "members", abstract: "Members as the node that answers sees them.")

    @OptionGroup var flags: MeshFlags

    func run() async throws {
        let members = try await flags.ask { _, desk in try await desk.members().rows }
        let rows = members.map {
            MembershipRow(
                name: $0.name, state: "\($0.state)", incarnation: $0.incarnation, address: $0.peerAddress,
                zone: $0.zone, slots: $0.slots)
        }
        guard !flags.json else { return try flags.show(rows) }
        let table = rows.map { [$0.name, $0.state, "\($0.incarnation)", $0.address, $0.zone, "\($0.slots)"] }
        Output.line(
            TextTable.lines([["NODE", "STATE", "INCARNATION", "PEERS", "ZONE", "SLOTS"]] + table)
                .joined(separator: "\n"))
    }
}

struct MeshHomeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "home", abstract: "The node that keeps the claim of a stage.")

    @Argument(help: ArgumentHelp("Digest of a stage, or its tag.", valueName: "digest"))
    var digest: String

    @OptionGroup var flags: MeshFlags

    func run() async throws {
        let text = String(digest.prefix { $0 != "-" })
        guard let digest = StageDigest(text) else {
            throw UsageError("\(digest) is no digest of a stage: 56 hexadecimal digits")
        }
        let rows = try await flags.ask { _, desk in try await desk.members().rows }
        let nodes = rows.filter { $0.state == .alive || $0.state == .suspect }.compactMap { row in
            NodeName(row.name).map { (name: $0, weight: row.slots) }
        }
        guard let home = Homes(nodes).home(of: Array(digest.hex.utf8)) else { throw UsageError("no node builds") }
        if flags.json { return try flags.show(["home": home.text]) }
        Output.line(home.text)
    }
}

struct MeshDrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Let a node take no more work.",
        discussion: "What runs there comes to its end. The node stays a member, and goes on serving what it has.")

    @Argument(help: "Name of the node.")
    var node: String

    @Option(help: "Why, for the node's log.")
    var reason = "asked for on the command line"

    @OptionGroup var flags: MeshFlags

    func run() async throws {
        let (node, reason) = (node, reason)
        try await flags.ask { client, desk in
            let rows = try await desk.members().rows
            guard let row = rows.first(where: { $0.name == node }), let address = PeerAddress(row.peerAddress) else {
                throw UsageError(
                    "the mesh has no node \(node); it has " + rows.map(\.name).joined(separator: ", "))
            }
            try await client.links.node(at: address).desk.drain(DrainReason(reason))
        }
        if flags.json { return try flags.show(["draining": node]) }
        Output.line("\(node) takes no more work")
    }
}
