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
            arguments = [Self.scriptDirectory + executable.name]
        } else if let script = run.script {
            arguments = walk.scope.arguments(CommandLine([script], prependsShell: true))
        } else {
            arguments = run.command.arguments
        }
        var sources: [StageIndex] = []
        var mounts: [RunMount] = []
        var inputs: [NameInput] = []
        for mount in run.mounts {
            let (made, names) = try self.mount(mount, located, walk, &sources)
            mounts.append(made)
            inputs += names
        }
        let environment = walk.scope.variables.entries + proxies(walk)
        let work = RunWork(
            arguments: arguments, environment: environment, workingDirectory: walk.scope.workingDirectory,
            user: walk.scope.config.user, mounts: mounts, network: network(run),
            hosts: recipe.image.addHost, script: executable.map { Array($0.chompedContent.utf8) }, scriptName: executable?.name)
        inputs += [
            .labelled("arguments", arguments), .labelled("environment", walk.scope.variables.entries),
            .labelled("directory", work.workingDirectory), .labelled("user", work.user),
            .labelled("network", work.network.rawValue), .labelled("hosts", work.hosts),
            .labelled("script", executable?.chompedContent ?? ""),
        ]
        return Made(
            work: .run(work), sources: sources, history: "RUN " + arguments.joined(separator: " "), stepInputs: inputs)
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
        if run.command.arguments.isEmpty, run.heredocs.isEmpty {
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

    /// Proxy settings given as arguments reach a process without being declared, and stay out of names.
    private func proxies(_ walk: Walk) -> [String] {
        recipe.givenArguments.filter { PredefinedArguments.proxies.contains($0.key) && walk.scope.variables[$0.key] == nil }
            .sorted { $0.key < $1.key }
            .map { $0.key + "=" + $0.value }
    }

    private func mount(
        _ mount: Dockerfiles.RunMount, _ located: LocatedInstruction, _ walk: Walk, _ sources: inout [StageIndex]
    ) throws -> (RunMount, [NameInput]) {
        let place = located.location.description
        let target = mount.target.isEmpty ? "" : walk.scope.absolute(mount.target)
        let shape: [NameInput] = [
            .labelled("mount", mount.kind.rawValue, target, mount.source, mount.id, mount.isReadOnly ? "ro" : "rw")
        ]
        switch mount.kind {
        case .ssh:
            throw StagingError(place: place, reason: "RUN --mount=type=ssh is not supported by this version")
        case .tmpfs:
            try check(target, place)
            return (.tmpfs(target: target, byteCount: mount.sizeLimit > 0 ? mount.sizeLimit : nil), shape)
        case .secret: return (try secret(mount, target, place), shape)
        case .bind:
            try check(target, place)
            let (source, names) = try content(of: mount, located, walk, &sources)
            let bind = RunMount.bind(
                from: source, source: PathText.absolute(mount.source, from: "/"), target: target,
                writable: !mount.isReadOnly)
            return (bind, shape + names)
        case .cache:
            try check(target, place)
            let from = mount.from.isEmpty ? nil : try content(of: mount, located, walk, &sources)
            let cache = RunMount.cache(
                id: mount.id.isEmpty ? target : mount.id, from: from?.0,
                source: PathText.absolute(mount.source, from: "/"), target: target, sharing: sharing(mount),
                readOnly: mount.isReadOnly, mode: mount.mode ?? 0o755, uid: mount.uid ?? 0, gid: mount.gid ?? 0)
            return (cache, shape + (from?.1 ?? []))
        }
    }

    private func check(_ target: String, _ place: String) throws(StagingError) {
        guard !target.isEmpty, target != "/" else {
            throw StagingError(place: place, reason: "a mount needs a target other than \"/\"")
        }
    }

    private func sharing(_ mount: Dockerfiles.RunMount) -> CacheSharing {
        switch mount.sharing {
        case nil, .shared: .shared
        case .exclusive: .private
        case .locked: .locked
        }
    }

    private func secret(
        _ mount: Dockerfiles.RunMount, _ target: String, _ place: String
    ) throws(StagingError) -> RunMount {
        let id = mount.id.isEmpty ? String(target.split(separator: "/").last ?? "") : mount.id
        guard !id.isEmpty else {
            throw StagingError(place: place, reason: "a secret mount needs an id or a target")
        }
        let onlyVariable = mount.environmentVariable != nil && target.isEmpty
        let path = onlyVariable ? nil : (target.isEmpty ? "/run/secrets/" + id : target)
        return .secret(
            id: id, target: path, environment: mount.environmentVariable, required: mount.isRequired,
            mode: mount.mode ?? 0o400, uid: mount.uid ?? 0, gid: mount.gid ?? 0)
    }

    /// The files behind `from=`, and what they are called in the step's name.
    private func content(
        of mount: Dockerfiles.RunMount, _ located: LocatedInstruction, _ walk: Walk, _ sources: inout [StageIndex]
    ) throws -> (ContentSource, [NameInput]) {
        guard !mount.from.isEmpty else {
            let name = try names.contentName(patterns: [PathText.relative(mount.source)])
            return (.context, [.labelled("files", name)])
        }
        return try source(mount.from, located, walk, &sources)
    }

    /// The stage or image that `text` names, and the input of the name that stands for its content.
    func source(
        _ text: String, _ located: LocatedInstruction, _ walk: Walk, _ sources: inout [StageIndex]
    ) throws(StagingError) -> (ContentSource, [NameInput]) {
        var stage: StageIndex?
        switch references.source(text, in: walk.index) {
        case .scratch: break
        case .stage(let index): stage = finished[index]?.last
        case .image(let name): stage = baseStages[name]
        }
        guard let stage else { return (.scratch, [.labelled("from", "scratch")]) }
        sources.append(stage)
        guard let content = below(stage) else { return (.stage(stage), [.labelled("from", "scratch")]) }
        return (.stage(stage), [NameInput("from", words: [.text("from"), .digest(content)])])
    }
}
