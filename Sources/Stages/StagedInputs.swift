// What werf hashes of each instruction of a staged image (werf.md 2.6).
import Dockerfiles
import Images
import Projects

/// The labelled values of one instruction, as werf's code lists them.
struct StagedInputs {
    let instruction: Instruction
    let located: LocatedInstruction
    let environment: [String: String]
    let lowering: DockerfileLowering

    func inputs() throws -> [NameInput] {
        try placed(located.location.description) { try unplacedInputs() }
    }

    private func unplacedInputs() throws -> [NameInput] {
        switch instruction {
        case .run(let run): return try self.run(run)
        case .copy(let copy): return try self.copy(copy)
        case .add(let add): return try self.add(add)
        case .env(let pairs): return pairs.isEmpty ? [] : [.labelled("Env", pairs.flatMap { [$0.key, $0.value] })]
        case .label(let pairs):
            return pairs.isEmpty ? [] : [.labelled("Labels", pairs.flatMap { [$0.key, $0.value] })]
        case .cmd(let command): return self.command("Cmd", command)
        case .entrypoint(let command): return self.command("Entrypoint", command)
        case .healthcheck(let check): return healthcheck(check)
        default: return [rest]
        }
    }

    private var rest: NameInput {
        switch instruction {
        case .user(let user): .labelled("User", user)
        case .workdir(let path): .labelled("Path", path)
        case .volume(let volumes): .labelled("Volumes", volumes)
        case .expose(let ports): .labelled("Ports", ports)
        case .stopsignal(let signal): .labelled("Signal", signal)
        case .shell(let shell): .labelled("Shell", shell)
        case .maintainer(let author): .labelled("Maintainer", author)
        case .onbuild(let onbuild): .labelled("Expression", onbuild.expression)
        default: .labelled(located.original)
        }
    }

    private func command(_ label: String, _ command: CommandLine) -> [NameInput] {
        [.labelled(label, command.arguments), .labelled("PrependShell", String(command.prependsShell))]
    }

    private func healthcheck(_ check: Dockerfiles.Healthcheck) -> [NameInput] {
        [
            .labelled("Test", check.test), .labelled("Interval", GoDurationText.text(check.interval)),
            .labelled("Timeout", GoDurationText.text(check.timeout)),
            .labelled("StartPeriod", GoDurationText.text(check.startPeriod)),
            .labelled("Retries", String(check.retries)),
        ] + startInterval(check)
    }

    /// werf leaves it out; two configurations must not share a name, so it is added where it is used.
    private func startInterval(_ check: Dockerfiles.Healthcheck) -> [NameInput] {
        check.startInterval == 0 ? [] : [.labelled("StartInterval", GoDurationText.text(check.startInterval))]
    }

    private func run(_ run: RunInstruction) throws -> [NameInput] {
        var inputs: [NameInput] = [
            .labelled("Env", sortedEnvironment),
            .labelled("Command", run.command.arguments),
            .labelled("PrependShell", String(run.command.prependsShell)),
            .labelled("Network", run.network.rawValue), .labelled("Security", run.security.rawValue),
        ]
        if !run.mounts.isEmpty { inputs.append(.labelled("Mounts")) }
        for mount in run.mounts { inputs += self.mount(mount) }
        inputs += try boundContext(run.mounts)
        // werf hashes only the first line of a RUN with here-documents, so that two scripts share a name; ours are
        // told apart.
        for heredoc in run.heredocs { inputs.append(.labelled("Heredoc", heredoc.name, heredoc.chompedContent)) }
        return inputs
    }

    private var sortedEnvironment: [String] {
        environment.map { "\($0.key)=\($0.value)" }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// What the bind mounts show of the context. werf forgets a mount without a source, which shows all of it: two
    /// contexts must not share a name, so it is added where it is used.
    private func boundContext(_ mounts: [Dockerfiles.RunMount]) throws -> [NameInput] {
        let bound = mounts.filter { $0.kind == .bind && $0.from.isEmpty }
        let paths = bound.map(\.source).filter { !$0.isEmpty }
        var inputs: [NameInput] = []
        if !paths.isEmpty {
            inputs.append(.labelled("SourcesChecksum", try lowering.names.stagedChecksum(paths: paths)))
        }
        if paths.count < bound.count {
            inputs.append(.labelled("Context", try lowering.names.contentName(patterns: ["."])))
        }
        return inputs
    }

    private func mount(_ mount: Dockerfiles.RunMount) -> [NameInput] {
        var inputs: [NameInput] = [
            .labelled("Type", mount.kind.rawValue), from("From", .mount(mount.from, located.location)),
            .labelled("Source", mount.source),
            .labelled("Target", mount.target), .labelled("ReadOnly", String(mount.isReadOnly)),
            .labelled("CacheID", mount.id), .labelled("CacheSharing", mount.sharing?.rawValue ?? ""),
            .labelled("Required", String(mount.isRequired)),
        ]
        if let mode = mount.mode { inputs.append(.labelled("Mode", String(mode))) }
        if let uid = mount.uid { inputs.append(.labelled("UID", String(uid))) }
        if let gid = mount.gid { inputs.append(.labelled("GID", String(gid))) }
        return inputs
    }

    /// A stage's place is taken by the name of its last image.
    private func from(_ label: String, _ use: SourceUse) -> NameInput {
        guard !use.text.isEmpty, case .stage(let stage) = lowering.references.source(use),
            let last = lowering.finished[stage]?.last
        else { return .labelled(label, use.text) }
        return NameInput(label, words: [.text(label), .imageName(last)])
    }

    private func copy(_ copy: CopyInstruction) throws -> [NameInput] {
        let from = copy.from ?? ""
        var inputs: [NameInput] = [
            .labelled("From", from), .labelled("Sources", copy.sources.paths),
            .labelled("Dest", copy.sources.destination), .labelled("Chown", copy.owner ?? ""),
            .labelled("Chmod", copy.mode ?? ""), self.from("ExpandedFrom", .copy(from, located.location)),
        ]
        if from.isEmpty, !copy.sources.paths.isEmpty {
            inputs.append(.labelled("SourcesChecksum", try lowering.names.stagedChecksum(globs: copy.sources.paths)))
        }
        return inputs + extras(copy.sources, copy.isLinked, copy.keepsParents, copy.excludes)
    }

    private func add(_ add: AddInstruction) throws -> [NameInput] {
        var inputs: [NameInput] = [
            .labelled("Sources", add.sources.paths), .labelled("Dest", add.sources.destination),
            .labelled("Chown", add.owner ?? ""), .labelled("Chmod", add.mode ?? ""),
        ]
        let local = add.sources.paths.filter { !$0.hasPrefix("http://") && !$0.hasPrefix("https://") }
        if !local.isEmpty {
            inputs.append(.labelled("SourcesChecksum", try lowering.names.stagedChecksum(globs: local)))
        }
        if let checksum = add.checksum { inputs.append(.labelled("Checksum", checksum)) }
        if let unpacks = add.unpacks { inputs.append(.labelled("Unpack", String(unpacks))) }
        return inputs + extras(add.sources, false, false, add.excludes)
    }

    /// What changes the files and werf's digest leaves out: two results must not share a name, so it is added where
    /// it is used. Without these options the digest is werf's.
    private func extras(
        _ sources: SourcesAndDestination, _ isLinked: Bool, _ keepsParents: Bool, _ excludes: [String]
    ) -> [NameInput] {
        var inputs: [NameInput] = []
        for file in sources.files { inputs.append(.labelled("Inline", file.name, file.content)) }
        if keepsParents { inputs.append(.labelled("Parents")) }
        if !excludes.isEmpty { inputs.append(.labelled("Exclude", excludes)) }
        return inputs
    }
}
