// `weft node`: runs a node of a mesh until it is asked to end.
import ArgumentParser
import Logging
import Settings

struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "Run a node of a mesh: it builds for others and serves what it has.",
        discussion: """
            Runs until SIGTERM or Ctrl-C: then it takes nothing new, lets stages that run come to their end, and leaves \
            the mesh. Certificates and the deny list are read again when their files change.

            EXAMPLES
              weft ca init --node a=10.0.0.1 --node b=10.0.0.2 --client ci
                                        certificates, and a config for each node
              weft node --config a.yaml
              weft node --config a.yaml --check   only read the config and say what it means
            """)

    @Option(help: ArgumentHelp("The node's config.", valueName: "file"), completion: .file())
    var config: String

    @Flag(help: "Read the config and the certificates, and end.")
    var check = false

    func run() async throws {
        let settings = try SettingsFile.node(config)
        let log = settings.log
        let logger = Logger(label: "weft") { NodeLog(label: $0, log) }
        if check {
            Output.line(
                "\(config) is good: node \(settings.name), peers \(settings.peers.map { "\($0.listen)" } ?? "none"), "
                    + "\(settings.capacity.slots) slots, store \(settings.store)")
            return
        }
        try await NodeProcess(settings, logger).run()
    }
}
