// `weft host`: what weft keeps on this host.
import ArgumentParser

struct HostCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "host",
        abstract: "Look after what weft keeps on this host.",
        discussion: """
            EXAMPLES
              weft host cleanup --budget 20GiB        leave 20 GiB of layers and blobs
              weft host cleanup --older-than 7d       what nobody used for a week goes
              weft host cleanup --budget 0B --dry-run how much could go
            """,
        subcommands: [HostCleanupCommand.self])
}
