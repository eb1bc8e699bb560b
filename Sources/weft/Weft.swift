// The program's commands, and how each ends: errors on standard error, exit codes that scripts expect.
import ArgumentParser
import Foundation

struct Weft: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "weft",
        abstract: "Build container images from werf.yaml and Dockerfiles.",
        discussion: """
            EXAMPLES
              weft build                               every image, on this host
              weft build --repo localhost:5000/shop    the same, into a registry
              weft build backend 'report/*'            some images, and what they need
              weft run backend -- /app/server --help   a program in an image
              weft export backend --output oci:./b     an image for other tools
              weft explain plan                        what would be built
              weft explain backend/RUN3                why a stage is rebuilt
              weft digest src                          the hash of a folder
              weft ca init --node a=10.0.0.1 …         certificates for a mesh
              weft node --config a.yaml                a node of it
              weft mesh status                         what its nodes do
              weft host cleanup --budget 20GiB         room on this host's disk

            Every flag can be set in the environment: --repo is WERF_REPO.
            Completions for a shell: weft --generate-completion-script bash
            (or zsh, fish).
            """,
        version: version,
        subcommands: [
            BuildCommand.self, RunCommand.self, ExportCommand.self, ExplainCommand.self, ConfigCommand.self,
            StageCommand.self, DigestCommand.self, NodeCommand.self, MeshCommand.self, CACommand.self,
            HostCommand.self,
        ])

    /// Parses and runs; errors go to standard error, with the exit code that scripts expect.
    static func run(_ arguments: [String]) async {
        do {
            let read = try CommandLineReader(environment: ProcessInfo.processInfo.environment).read(arguments)
            for warning in read.warnings { Failure.note("Warning: " + warning) }
            let operands = DigestOperands(read.arguments)
            var command = operands.completed(try parseAsRoot(operands.arguments))
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
}
