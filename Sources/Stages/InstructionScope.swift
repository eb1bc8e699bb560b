// What instructions of one Dockerfile stage see: variables, directory, user, shell; as BuildKit keeps it.
import Dockerfiles
import Images

/// The state while a Dockerfile stage is walked from its base to its end.
struct InstructionScope {
    /// The image's configuration so far.
    var config: ContainerConfig
    /// Variables for RUN and for expansion: the image's environment, and the build arguments declared so far.
    var variables: EnvironmentList
    /// A CMD was set in this stage: a later ENTRYPOINT keeps it.
    var hasCommand = false
    let expander: Expander

    private static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    private static let defaultShell = ["/bin/sh", "-c"]

    init(config: ContainerConfig, escape: EscapeToken) {
        self.config = config
        variables = config.environment
        expander = Expander(escape: escape)
    }

    /// What a stage on nothing starts with.
    static var scratch: ContainerConfig {
        var config = ContainerConfig()
        config.environment["PATH"] = defaultPath
        config.workingDirectory = "/"
        return config
    }

    var environment: [String: String] {
        Dictionary(variables.pairs.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    var workingDirectory: String { config.workingDirectory.isEmpty ? "/" : config.workingDirectory }

    /// The arguments of a process: shell form goes through the image's shell.
    func arguments(_ command: CommandLine) -> [String] {
        guard command.prependsShell else { return command.arguments }
        let shell = config.shell.flatMap { $0.isEmpty ? nil : $0 } ?? Self.defaultShell
        return shell + [command.arguments.joined(separator: " ")]
    }

    /// An absolute, cleaned path: `path` as seen from the working directory.
    func absolute(_ path: String) -> String {
        PathText.absolute(path, from: workingDirectory)
    }
}
