// RUN: the process, its variables and its mounts.
import Dockerfiles
import Images
import Projects

extension DockerfileLowering {
    /// Where a script with an interpreter line of its own appears inside the step.
    static let scriptDirectory = "/dev/pipes/"

    func run(_ run: RunInstruction, _ located: LocatedInstruction, _ walk: Walk) throws -> Made {
        try checkRun(run, located)
        let executable = run.executableHeredoc
        let arguments: [String]
        if let executable {
            // BuildKit hands the script's path to the shell, too.
            let path = Self.scriptDirectory + executable.name
            arguments = walk.scope.arguments(CommandLine([path], prependsShell: true))
        } else if let script = run.script {
            arguments = walk.scope.arguments(CommandLine([script], prependsShell: true))
        } else {
            arguments = run.command.arguments
        }
        var sources: [StageIndex] = []
        var mounts: [RunMount] = []
        for mount in run.mounts { mounts.append(try self.mount(mount, located, walk, &sources)) }
        let work = RunWork(
            arguments: arguments, environment: walk.scope.variables.entries, proxies: proxies(walk),
            workingDirectory: walk.scope.workingDirectory, user: walk.scope.config.user, mounts: mounts,
            network: network(run),
            hosts: recipe.image.addHost, script: executable.map { Array($0.chompedContent.utf8) },
            scriptName: executable?.name)
        return Made(work: .run(work), sources: sources, history: "RUN " + arguments.joined(separator: " "))
    }

    private func checkRun(_ run: RunInstruction, _ located: LocatedInstruction) throws(StagingError) {
        let place = located.location.description
        if run.security == .insecure {
            throw StagingError(
                place: place, reason: "RUN --security=insecure would give the step the host's rights: not supported")
        }
        if !run.devices.isEmpty {
            throw StagingError(place: place, reason: "RUN --device is not supported by this version")
        }
        // In shell form nothing is a command, too: the shell gets an empty text.
        if run.command.arguments.isEmpty, !run.command.prependsShell {
            throw StagingError(place: place, reason: "RUN has no command")
        }
    }

    /// The host's network unless the step or werf.yaml wants none.
    private func network(_ run: RunInstruction) -> RunNetwork {
        switch run.network {
        case .none: .none
        case .host: .host
        case .standard: recipe.image.network == "none" ? .none : .host
        }
    }

    /// Proxy settings given as arguments reach a process without being declared, and stay out of names. Each has two
    /// spellings, whichever of them was given; of two values that of the lower-case one counts.
    private func proxies(_ walk: Walk) -> [String] {
        RunWork.proxyNames.flatMap { name -> [String] in
            let given = recipe.givenArguments.filter { $0.key.lowercased() == name }
            guard let value = given.max(by: { $0.key < $1.key })?.value, !value.isEmpty else { return [] }
            return [name.uppercased(), name].filter { walk.scope.environment[$0] == nil }.map { $0 + "=" + value }
        }
    }
}
