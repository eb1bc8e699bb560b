// The program's commands, and how each gets its arguments: the environment's first, then the command line's.
import ArgumentParser
import Foundation

struct Weft: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "weft",
        abstract: "Build container images from werf.yaml and Dockerfiles.",
        discussion: """
            EXAMPLES
              weft build                              build every image of werf.yaml on this host
              weft build --repo localhost:5000/shop   the same, published to a registry
              weft build backend 'report/*'           only some images, and what they need
              weft run backend -- /app/server --help  start a program in an image
              weft explain plan                       say what would be built, and why

            Every flag can be set in the environment: --repo is WERF_REPO.
            """,
        version: version,
        subcommands: [
            BuildCommand.self, RunCommand.self, ConfigCommand.self, StageCommand.self,
        ])

    /// Parses and runs; errors go to standard error, with the exit code that scripts expect.
    static func run(_ arguments: [String]) async {
        do {
            var command = try parseAsRoot(withEnvironment(arguments))
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as CleanExit {
            exit(withError: error)
        } catch let error as ExitCode {
            Foundation.exit(error.rawValue)
        } catch {
            guard exitCode(for: error) == .validationFailure || exitCode(for: error) == .success else {
                Failure.print("\(error)")
                Foundation.exit(1)
            }
            exit(withError: error)
        }
    }

    /// The flags that the environment sets, put behind the names of the commands.
    private static func withEnvironment(_ arguments: [String]) -> [String] {
        let environment = ProcessInfo.processInfo.environment
        let (flags, depth) = Self.flags(of: arguments)
        let added = EnvironmentFlags.arguments(of: flags, in: environment, given: arguments)
        return Array(arguments.prefix(depth)) + added + arguments.dropFirst(depth)
    }

    /// The flags of the command that `arguments` name, and how many words its name has.
    private static func flags(of arguments: [String]) -> ([EnvironmentFlag], Int) {
        guard let name = arguments.first else { return ([], 0) }
        let project = ProjectFlags.environment
        let repo = RepoFlags.environment
        let all = project + repo + LogFlags.environment + BuildFlags.environment
        switch name {
        case "build", "run", "export": return (all, 1)
        case "config", "stage", "explain":
            guard arguments.count > 1, !arguments[1].hasPrefix("-") else { return ([], 1) }
            if name == "config" { return (project + LogFlags.environment, 2) }
            return (project + repo + LogFlags.environment, 2)
        default: return ([], 0)
        }
    }
}
