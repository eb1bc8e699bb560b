// From what the user typed to what is parsed: the command's name, the environment's flags, werf's unknown ones.
import ArgumentParser
import Templates

/// A command whose flags have forms in the environment.
protocol EnvironmentCommand {
    static var environment: [EnvironmentFlag] { get }
    /// Whether flags of werf that would change its result are looked for in the environment, too.
    static var isBuilding: Bool { get }
}

extension EnvironmentCommand {
    static var isBuilding: Bool { false }
}

struct CommandLineReader {
    let environment: [String: String]

    /// Commands of werf that weft does not have (werf.md 5.5).
    private static let absent: Set<String> = [
        "cleanup", "purge", "synchronization", "cr", "stages", "kube-run", "managed-images", "compose",
        "ci-env", "slugify", "includes", "converge", "plan", "render", "dismiss", "bundle", "helm",
    ]
    /// Answered by the parser itself.
    private static let builtin: Set<String> = ["help"]

    /// The arguments to parse, and warnings to show first.
    func read(_ arguments: [String]) throws -> UnsupportedFlags.Outcome {
        let arguments = Self.withStageCommand(arguments)
        let (command, depth) = try Self.command(arguments)
        guard let command = command as? any EnvironmentCommand.Type,
            !arguments.contains(where: { ["--help", "-h", "--version"].contains($0) })
        else { return UnsupportedFlags.Outcome(arguments: arguments) }
        let plain = BooleanFlags(command.environment).rewritten(Array(arguments.dropFirst(depth)))
        var outcome = try UnsupportedFlags.check(plain.arguments, in: command.isBuilding ? environment : [:])
        let added = EnvironmentFlags.arguments(
            of: command.environment, in: environment, given: plain.decided + outcome.arguments)
        outcome.arguments = Array(arguments.prefix(depth)) + added + outcome.arguments
        return outcome
    }

    /// `explain backend/RUN3` is `explain stage backend/RUN3`.
    private static func withStageCommand(_ arguments: [String]) -> [String] {
        guard arguments.first == ExplainCommand.configuration.commandName, arguments.count > 1,
            !arguments[1].hasPrefix("-"), !names(below: ExplainCommand.self).contains(arguments[1])
        else { return arguments }
        return [arguments[0], "stage"] + arguments.dropFirst()
    }

    /// The command that the first words name, and how many they are.
    private static func command(_ arguments: [String]) throws -> (any ParsableCommand.Type, Int) {
        var command: any ParsableCommand.Type = Weft.self
        var depth = 0
        while let word = arguments.dropFirst(depth).first, !word.hasPrefix("-"),
            !command.configuration.subcommands.isEmpty, !builtin.contains(word)
        {
            guard let next = command.configuration.subcommands.first(where: { name(of: $0) == word }) else {
                throw UsageError(unknown(word, below: command, after: arguments.prefix(depth)))
            }
            command = next
            depth += 1
        }
        return (command, depth)
    }

    private static func unknown(
        _ word: String, below command: any ParsableCommand.Type, after path: ArraySlice<String>
    ) -> String {
        let place = (["weft"] + path).joined(separator: " ")
        if path.isEmpty, absent.contains(word) {
            return "\(word) is a command of werf that this version of weft does not have; see weft --help"
        }
        let near = nearestName(to: word, among: names(below: command)).map { "; did you mean \($0)?" } ?? ""
        let known = names(below: command).joined(separator: ", ")
        return "\(place) has no command \"\(word)\"\(near.isEmpty ? ": there are \(known)" : near)"
    }

    private static func names(below command: any ParsableCommand.Type) -> [String] {
        command.configuration.subcommands.compactMap(name)
    }

    private static func name(of command: any ParsableCommand.Type) -> String? { command.configuration.commandName }
}

extension BuildCommand: EnvironmentCommand {
    static let environment = common + [EnvironmentFlag("--trace", .text)]
    /// Of all commands that build.
    static let common =
        ProjectFlags.environment + RepoFlags.environment + LogFlags.environment + BuildFlags.environment
    static let isBuilding = true
}

extension RunCommand: EnvironmentCommand {
    static let environment = BuildCommand.common
    static let isBuilding = true
}

extension ExportCommand: EnvironmentCommand {
    static let environment = BuildCommand.common + ownEnvironment
    static let isBuilding = true
}

extension ConfigCommand.Render: EnvironmentCommand {
    static let environment = ProjectFlags.environment + LogFlags.environment
}

extension ConfigCommand.List: EnvironmentCommand {
    static let environment = ConfigCommand.Render.environment
}

extension ConfigCommand.Graph: EnvironmentCommand {
    static let environment = ConfigCommand.Render.environment
}

extension StageCommand.Image: EnvironmentCommand {
    static let environment = ProjectFlags.environment + RepoFlags.environment + LogFlags.environment
}

extension ExplainCommand.Config: EnvironmentCommand {
    static let environment = ConfigCommand.Render.environment
}

extension ExplainCommand.Graph: EnvironmentCommand {
    static let environment = StageCommand.Image.environment
}

extension ExplainCommand.Digests: EnvironmentCommand {
    static let environment = StageCommand.Image.environment
}

extension ExplainCommand.Plan: EnvironmentCommand {
    static let environment = StageCommand.Image.environment
}

extension ExplainCommand.Stage: EnvironmentCommand {
    static let environment = StageCommand.Image.environment
}
