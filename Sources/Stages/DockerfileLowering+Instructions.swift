// What each instruction comes to: its work, its changes, its line in the history.
import Dockerfiles
import Images
import Projects

extension DockerfileLowering {
    mutating func make(_ instruction: Instruction, _ located: LocatedInstruction, _ walk: inout Walk) throws -> Made {
        switch instruction {
        case .run(let run): return try self.run(run, located, walk)
        case .copy(let copy): return try self.copy(copy, located, walk)
        case .add(let add): return try self.add(add, located, walk)
        case .workdir(let path): return workdir(path, &walk)
        case .env(let pairs): return env(pairs, &walk)
        case .label(let pairs):
            return Made(
                changes: pairs.map { .label(name: $0.key, value: $0.value) }, history: text("LABEL", pairs))
        case .cmd(let command):
            let arguments = walk.scope.arguments(command)
            walk.scope.hasCommand = true
            return Made(changes: [.command(arguments)], history: "CMD \(arguments)")
        case .entrypoint(let command):
            let arguments = walk.scope.arguments(command)
            return Made(
                changes: [.entrypoint(arguments, dropsCommand: !walk.scope.hasCommand)],
                history: "ENTRYPOINT \(arguments)")
        case .user(let user):
            walk.scope.set(user: user)
            return Made(changes: [.user(user)], history: "USER \(user)")
        case .shell(let shell):
            walk.scope.set(shell: shell)
            return Made(changes: [.shell(shell)], history: "SHELL \(shell)")
        case .onbuild(let onbuild):
            return Made(changes: [.onBuild(onbuild.expression)], history: "ONBUILD \(onbuild.expression)")
        default: return try rest(instruction, located)
        }
    }

    private func rest(_ instruction: Instruction, _ located: LocatedInstruction) throws(StagingError) -> Made {
        switch instruction {
        case .expose(let ports):
            var exposed: [String] = []
            for port in ports { exposed += try PortText.ports(port, place: located.location.description) }
            return Made(changes: [.expose(exposed)], history: "EXPOSE \(ports.joined(separator: " "))")
        case .volume(let volumes):
            guard !volumes.contains("") else {
                throw StagingError(place: located.location.description, reason: "a VOLUME can't be empty")
            }
            return Made(changes: [.volumes(volumes)], history: "VOLUME \(volumes)")
        case .stopsignal(let signal):
            guard SignalText.isSignal(signal) else {
                throw StagingError(
                    place: located.location.description,
                    reason: "\"\(signal)\" is no signal: write a name such as SIGTERM, or a number")
            }
            return Made(changes: [.stopSignal(signal)], history: "STOPSIGNAL \(signal)")
        case .maintainer(let author):
            return Made(changes: [.author(author)], history: "MAINTAINER \(author)")
        case .healthcheck(let check):
            return Made(changes: [.healthcheck(healthcheck(check))], history: located.original)
        default: return Made(history: located.original)
        }
    }

    private func healthcheck(_ check: Dockerfiles.Healthcheck) -> Images.Healthcheck {
        var health = Images.Healthcheck(test: check.test)
        health.interval = check.interval
        health.timeout = check.timeout
        health.startPeriod = check.startPeriod
        health.startInterval = check.startInterval
        health.retries = Int64(check.retries)
        return health
    }

    private func env(_ pairs: [KeyValuePair], _ walk: inout Walk) -> Made {
        for pair in pairs { walk.scope.set(pair.key, pair.value) }
        return Made(changes: pairs.map { .environment(name: $0.key, value: $0.value) }, history: text("ENV", pairs))
    }

    private func text(_ keyword: String, _ pairs: [KeyValuePair]) -> String {
        pairs.reduce(keyword) { $0 + " \($1.key)=\($1.value)" }
    }

    /// The directory is made at once, owned by the user of the moment, as BuildKit does.
    private func workdir(_ path: String, _ walk: inout Walk) -> Made {
        let written = walk.scope.enter(path)
        let directory = walk.scope.workingDirectory
        let changes: [ConfigChange] = [.workingDirectory(written)]
        guard directory != "/" else { return Made(changes: changes, history: "WORKDIR \(written)") }
        let user = walk.scope.config.user
        return Made(
            work: .makeDirectory(path: directory, owner: user), changes: changes, history: "WORKDIR \(written)")
    }
}
