// `weft ca renew`: a new key and certificate for who has one, with the same names and rights.
import ArgumentParser
import Authority

struct CARenewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew", abstract: "Issue new certificates to nodes and clients that have one.",
        discussion: """
            EXAMPLES
              weft ca renew a        one node or client, with a new key
              weft ca renew --all    all that are in the folder
            """)

    @Argument(help: "Name of a node or client.")
    var name: String?

    @Flag(help: "All nodes and clients, except those that are denied.")
    var all = false

    @OptionGroup var lifetime: LifetimeFlags
    @OptionGroup var authority: AuthorityFlags

    func validate() throws {
        guard all != (name != nil) else { throw ValidationError("Say a name, or --all.") }
    }

    func run() async throws {
        let files = authority.files
        let signer = try files.authority()
        let denied = try DenyList(file: files.denied)
        let chosen = files.entries().filter { all || $0.name == name }
        guard !chosen.isEmpty else {
            throw UsageError(
                name.map { "`\($0)` has no certificate in \(files.path). `weft ca list` shows who has." }
                    ?? "nobody has a certificate in \(files.path) yet. `weft ca issue` makes one.")
        }
        let ledger = try files.ledgerAuthority()
        var rows: [IssuedRow] = []
        for entry in chosen {
            let peer = try entry.files.read()
            if let reason = denied.isDenied(peer) {
                guard all else { throw UsageError("`\(peer.name)` is denied: \(reason).") }
                Failure.note("\(peer.role) \(peer.name) is denied and was passed over: \(reason).")
                continue
            }
            if let ledger, try LedgerFile(folder: entry.folder) != nil {
                _ = try files.issueLedger(to: peer.subject, by: ledger)
            }
            rows.append(
                try files.issue(
                    peer.subject, by: signer, seconds: lifetime.seconds ?? peer.lifetime, replaces: true))
        }
        if authority.json { return Output.line(try JSONText.of(rows)) }
        for line in IssuedRow.lines(rows) { Output.line(line) }
        Output.line("Copy each folder to its host again. Nodes see the new files by themselves.")
    }
}
