// `weft ca init`: one command to a working mesh.
import ArgumentParser
import Authority
import SystemPackage

struct CAInitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a mesh: its authority, certificates, and a config file for each node.",
        discussion: """
            EXAMPLES
              weft ca init --node a=10.0.0.1 --node b=10.0.0.2 --node c=10.0.0.3 --client ci
              weft ca init --dir mesh --name office --node a=10.0.0.1,a.example.com

            Each node's and client's folder is ready to be copied to its host. The authority's key stays here.
            """)

    @Option(help: "Name of the mesh.")
    var name = "mesh"

    @Option(
        name: .customLong("node"),
        help: "NAME=ADDRESS,…: a node, and the IP addresses and DNS names that it is reached at; may be repeated.")
    var nodes: [String] = []

    @Option(
        name: .customLong("client"),
        help: "NAME=CLASS,…: a client, and the classes that its builds may have; may be repeated.")
    var clients: [String] = []

    @Option(
        help: ArgumentHelp(
            "How many nodes keep the ledger, the first ones: 0, 1, 3, 5 or 7. (default: 3 in a mesh of three and more)",
            valueName: "number"))
    var voters: Int?

    @Option(help: "Port that nodes call each other at.")
    var port = MeshPorts.peers

    @Flag(help: "Replace an authority that is there. Its certificates are worth nothing then.")
    var force = false

    @OptionGroup var authority: AuthorityFlags

    func validate() throws {
        guard (1...65_535).contains(port) else { throw ValidationError("--port=\(port): ports are 1 to 65535.") }
    }

    func run() async throws {
        let mesh = try MeshPlan(nodes: nodes, clients: clients, port: port, voters: voters)
        let files = authority.files
        try refuseReplacing(mesh, files)
        let signer = try MeshAuthority.create(name: name, now: Clock.seconds)
        try signer.write(to: files.path, replaces: force)
        if force || !CertificateFiles.exists(files.denied) {
            try CertificateFiles.write(DenyList.heading, to: files.denied, isSecret: false, replaces: true)
        }
        try makeLedger(of: mesh, files)
        var rows: [IssuedRow] = []
        for node in mesh.nodes {
            rows.append(try files.issue(node.node(), by: signer, seconds: nil, replaces: force))
            try write(try mesh.config(of: node), as: "node.yaml", for: files.entry(.node, node.name))
        }
        for client in mesh.clients {
            rows.append(try files.issue(client.client(), by: signer, seconds: nil, replaces: force))
            try write(try mesh.config(ofClient: client), as: "mesh.yaml", for: files.entry(.client, client.name))
        }
        if authority.json {
            return Output.line(try JSONText.of(MadeMesh(authority: AuthorityRow(signer.certificate), issued: rows)))
        }
        Output.print(try MeshAdvice(mesh: mesh, files: files, authority: signer.certificate, rows: rows).text)
    }

    /// Before the nodes' rows are made, which tell of it.
    private func makeLedger(of mesh: MeshPlan, _ files: AuthorityFolder) throws {
        guard !mesh.voters.isEmpty else { return }
        let authority = try LedgerAuthority.create(name: name, now: Clock.seconds)
        try authority.write(to: files.path, replaces: force)
        for node in mesh.voters { _ = try files.issueLedger(to: node.node(), by: authority) }
    }

    /// Before anything is written.
    private func refuseReplacing(_ mesh: MeshPlan, _ files: AuthorityFolder) throws {
        guard !force else { return }
        let own = [AuthorityCertificate.fileName, MeshAuthority.keyFileName].map { files.path.appending($0) }
        let entries =
            mesh.nodes.map { files.entry(.node, $0.name) } + mesh.clients.map { files.entry(.client, $0.name) }
        for path in own + entries.map(\.folder) where CertificateFiles.exists(path) {
            throw AuthorityError.exists(path: path.string)
        }
    }

    private func write(_ text: String, as name: String, for entry: AuthorityFolder.Entry) throws {
        try CertificateFiles.write(text, to: entry.folder.appending(name), isSecret: false, replaces: force)
    }

    private struct MadeMesh: Encodable {
        let authority: AuthorityRow
        let issued: [IssuedRow]
    }
}
