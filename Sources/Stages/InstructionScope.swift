// What instructions of one Dockerfile stage see: variables, directory, user, shell; as BuildKit keeps it.
import Dockerfiles
import Images

/// The state while a Dockerfile stage is walked from its base to its end.
struct InstructionScope {
    /// The image's configuration so far: environment, user, shell and working directory.
    private(set) var config: ContainerConfig
    /// Variables for RUN, in the order of their last setting: the image's environment, and the build arguments declared
    /// so far.
    private(set) var variables: EnvironmentList = []
    /// The same by name, for expansion.
    private(set) var environment: [String: String] = [:]
    /// A CMD was set in this stage: a later ENTRYPOINT keeps it.
    var hasCommand = false
    let expander: Expander

    static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    private static let defaultShell = ["/bin/sh", "-c"]

    /// `inherited` holds the variables of the stage that this one is built on, its build arguments too. The image's own
    /// environment is set once more: an argument of the base doesn't hide it here.
    init(config: ContainerConfig, inherited: EnvironmentList, escape: EscapeToken) {
        self.config = config
        expander = Expander(escape: escape)
        for (name, value) in inherited.pairs + config.environment.pairs { declare(name, value) }
    }

    /// What a stage on nothing starts with.
    static var scratch: ContainerConfig {
        var config = ContainerConfig()
        config.environment["PATH"] = defaultPath
        config.workingDirectory = "/"
        return config
    }

    /// ARG: for this build only.
    mutating func declare(_ name: String, _ value: String) {
        if environment.updateValue(value, forKey: name) != nil { variables[name] = nil }
        variables[name] = value
    }

    /// ENV: for the image, too.
    mutating func set(_ name: String, _ value: String) {
        declare(name, value)
        config.environment[name] = value
    }

    mutating func set(user: String) { config.user = user }

    mutating func set(shell: [String]) { config.shell = shell }

    /// WORKDIR; returns what the configuration says from now on.
    mutating func enter(_ path: String) -> String {
        config.workingDirectory = PathText.workingDirectory(path, from: config.workingDirectory)
        return config.workingDirectory
    }

    /// Absolute and cleaned, whatever the configuration says.
    var workingDirectory: String { PathText.absolute(config.workingDirectory, from: "/") }

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
