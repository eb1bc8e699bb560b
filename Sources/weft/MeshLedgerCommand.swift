// `weft mesh ledger`: makes the record of what was published, and shows it.
import ArgumentParser
import Ledgers
import Peering

struct MeshLedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "What was published: agreed on by the mesh's voters.",
        discussion: """
            Nodes that `ledger.voters` of their configs names keep one record of all publications, with etcd. A build
            that publishes to a registry records each stage there first: of two that build the same stage one wins, and
            the other goes on with the winner's. Without a majority of the voters building goes on and publishing waits.

            EXAMPLES
              weft mesh ledger init                     once, when the voters run
              weft mesh ledger show                     repos that have records
              weft mesh ledger show registry.example.com/shop
              weft mesh ledger show registry.example.com/shop DIGEST
            """,
        subcommands: [MeshLedgerInitCommand.self, MeshLedgerShowCommand.self],
        defaultSubcommand: MeshLedgerShowCommand.self)
}

extension MeshFlags {
    /// Asks the voters of the mesh.
    func askVoters<Value: Sendable>(
        _ question: @escaping @Sendable (LedgerVoters) async throws -> Value
    ) async throws -> Value {
        try await ask { client, _ in
            let voters = LedgerVoters(client.links, join: client.join)
            switch try await voters.find() {
            case .voters: return try await question(voters)
            case .none:
                throw UsageError(
                    "this mesh has no ledger: name one, three or five nodes under `ledger.voters` in all nodes' configs "
                        + "(`weft ca init` does it for meshes of three nodes and more)")
            case .silence(let reasons):
                throw UsageError("no node of the mesh answers:\n  " + reasons.joined(separator: "\n  "))
            }
        }
    }
}

struct MeshLedgerInitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make the ledger, once for a mesh.",
        discussion: """
            Gives the ledger its epoch, a random word that every voter and every repo remembers. A ledger that is there
            stays as it is. Waits for the voters to agree.
            """)

    @Option(help: "How long to wait for the voters, in seconds.")
    var timeout = 60

    @OptionGroup var flags: MeshFlags

    /// Hexadecimal digits of an epoch.
    private static let epochDigits = 16
    private static let pause = Duration.milliseconds(500)

    func validate() throws {
        guard (0...86_400).contains(timeout) else { throw ValidationError("--timeout=\(timeout): 0 to 86400 seconds.") }
    }

    func run() async throws {
        let proposed = String((0..<Self.epochDigits).map { _ in "0123456789abcdef".randomElement() ?? "0" })
        let limit = Duration.seconds(timeout)
        let found = try await flags.askVoters { voters in try await Self.initialise(voters, proposed, limit) }
        if flags.json { return try flags.show(["epoch": found]) }
        Output.line(
            found == proposed
                ? "the ledger is made: its epoch is \(found)" : "the ledger was made before: its epoch is \(found)")
    }

    private static func initialise(_ voters: LedgerVoters, _ epoch: String, _ limit: Duration) async throws -> String {
        let start = ContinuousClock.now
        var isTold = false
        while true {
            do {
                return try await voters.initialise(epoch)
            } catch LedgerError.unavailable(let reason) where start.duration(to: .now) < limit {
                if !isTold { Failure.note("waiting for the voters: \(reason)") }
                isTold = true
                try await Task.sleep(for: pause)
            }
        }
    }
}

struct MeshLedgerShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Repos of the ledger, a repo's publications, or all of one stage.")

    @Argument(help: ArgumentHelp("As for `weft build --repo`.", valueName: "repo"))
    var repo: String?

    @Argument(help: ArgumentHelp("Digest of a stage, or its tag.", valueName: "digest"))
    var digest: String?

    @OptionGroup var flags: MeshFlags

    func run() async throws {
        guard let repo else {
            let repos = try await flags.askVoters { try await $0.repos() }
            guard !flags.json else { return try flags.show(repos) }
            return Output.line(repos.isEmpty ? "nothing was published yet" : repos.joined(separator: "\n"))
        }
        let name = try LedgerRows.canonical(repo)
        guard let digest else {
            let rows = try await flags.askVoters { try await LedgerRows.all(LinkLedger($0, repo: name)) }
            guard !flags.json else { return try flags.show(rows) }
            return Output.line(LedgerRows.table(rows))
        }
        let stage = try LedgerRows.stage(digest)
        let rows = try await flags.askVoters { voters in
            try await LinkLedger(voters, repo: name).publications(of: stage, .agreed).publications.map(LedgerRow.init)
        }
        guard !flags.json else { return try flags.show(rows) }
        Output.line(rows.isEmpty ? "nothing was published under \(stage)" : rows.map(\.text).joined(separator: "\n\n"))
    }
}
