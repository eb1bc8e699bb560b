// `weft ca`: the mesh's authority, and the certificates of nodes and clients.
import ArgumentParser
import SystemPackage

struct CACommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca", abstract: "Make a mesh's authority and certificates.",
        discussion: """
            EXAMPLES
              weft ca init --node a=10.0.0.1 --node b=10.0.0.2 --node c=10.0.0.3 --client ci
                                              everything for a mesh of three nodes
              weft ca issue node d=10.0.0.4   one node more
              weft ca issue client ann        one client more, for a day
              weft ca list                    who has certificates, and until when
              weft ca renew --all             new certificates for all nodes and clients
              weft ca show a.pem              what is in a certificate, and is it good?
              weft ca deny ann --reason left  do not believe somebody any more
            """,
        subcommands: [
            CAInitCommand.self, CAIssueCommand.self, CARenewCommand.self, CAShowCommand.self, CAListCommand.self,
            CADenyCommand.self, CATokenCommand.self,
        ])
}

struct AuthorityFlags: ParsableArguments {
    @Option(
        name: .customLong("dir"), help: "Folder of the authority, its key and what it issues.", completion: .directory)
    var folder = "mesh"

    @Flag(help: "JSON, for scripts.")
    var json = false

    var files: AuthorityFolder { AuthorityFolder(FilePath(folder)) }
}

struct LifetimeFlags: ParsableArguments {
    /// A certificate that lasts longer than a year is one that nobody renews.
    static let daysMax = 366

    @Option(help: "Days that a certificate lasts. (default: 30 for nodes, 1 for clients)")
    var days: Int?

    @Option(help: "The same in hours.")
    var hours: Int?

    func validate() throws {
        guard days == nil || hours == nil else { throw ValidationError("--days and --hours say the same: give one.") }
        guard let hours = totalHours else { return }
        guard (1...Self.daysMax * 24).contains(hours) else {
            throw ValidationError("A certificate lasts from 1 hour to \(Self.daysMax) days.")
        }
    }

    /// Nil: as long as certificates of the role usually last.
    var seconds: Int64? { totalHours.map { Int64($0) * 3_600 } }

    private var totalHours: Int? {
        if let hours { return hours }
        guard let days else { return nil }
        let (product, overflow) = days.multipliedReportingOverflow(by: 24)
        return overflow ? Int.max : product
    }
}
