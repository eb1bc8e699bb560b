// `weft ca issue`: a certificate for one node or client more.
import ArgumentParser
import Authority

struct CAIssueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue", abstract: "Issue a certificate to a node or client.",
        discussion: """
            EXAMPLES
              weft ca issue node d=10.0.0.4,d.example.com
              weft ca issue client ann
              weft ca issue client ci=ci,release --days 7
            """,
        subcommands: [Node.self, Client.self])

    struct Node: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "node", abstract: "Issue a certificate to a node, for 30 days.",
            discussion: """
                EXAMPLES
                  weft ca issue node d=10.0.0.4,d.example.com
                """)

        @Argument(help: "NAME=ADDRESS,…: the node's name, and the IP addresses and DNS names that it is reached at.")
        var node: String

        @Option(name: .customLong("class"), help: "A class of builds whose rights the node has; may be repeated.")
        var classes: [String] = []

        @Flag(help: "Also a certificate of the ledger: for a node that is or becomes one of `ledger.voters`.")
        var voter = false

        @Flag(help: "Replace the certificate that it has.")
        var force = false

        @OptionGroup var lifetime: LifetimeFlags
        @OptionGroup var authority: AuthorityFlags

        func run() async throws {
            let subject = try PeerOperand(node).node(classes: classes)
            if voter {
                let files = authority.files
                let mesh = try files.authority().certificate.name.split(separator: " ").last.map(String.init) ?? "mesh"
                _ = try files.issueLedger(to: subject, by: files.makeLedgerAuthority(mesh))
            }
            try CAIssueCommand.issue(subject, authority, lifetime, replaces: force)
        }
    }

    struct Client: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "client", abstract: "Issue a certificate to a client, for a day.",
            discussion: """
                EXAMPLES
                  weft ca issue client ci=ci,release --days 7
                """)

        @Argument(help: "NAME=CLASS,…: the client's name, and the classes that its builds may have; `default` if none.")
        var client: String

        @Flag(help: "Replace the certificate that it has.")
        var force = false

        @OptionGroup var lifetime: LifetimeFlags
        @OptionGroup var authority: AuthorityFlags

        func run() async throws {
            try CAIssueCommand.issue(try PeerOperand(client).client(), authority, lifetime, replaces: force)
        }
    }

    private static func issue(
        _ subject: CertificateSubject, _ flags: AuthorityFlags, _ lifetime: LifetimeFlags, replaces: Bool
    ) throws {
        let row = try flags.files.issue(
            subject, by: flags.files.authority(), seconds: lifetime.seconds, replaces: replaces)
        if flags.json { return Output.line(try JSONText.of(row)) }
        for line in IssuedRow.lines([row]) { Output.line(line) }
        Output.line("Its files are in \(flags.files.entry(subject.role, subject.name).folder).")
    }
}
