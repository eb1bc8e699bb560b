// werf's names for the instructions of a staged image: its two passes of expansion, and what it hashes (werf.md 2.6).
import Dockerfiles
import Images
import Projects

/// What werf knows at an instruction. It keeps no order and no scopes: ARG and ENV share one table, the first pass
/// leaves unset variables as they are, the second sees the base's environment and the dependencies' values.
struct StagedScope {
    private let recipe: ImageRecipe
    private let globals: GlobalArguments
    private let baseEnvironment: [String: String]
    private var table: [String: String] = [:]

    private static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    init(recipe: ImageRecipe, globals: GlobalArguments, baseEnvironment: EnvironmentList) {
        self.recipe = recipe
        self.globals = globals
        let pairs = baseEnvironment.pairs.map { ($0.name, $0.value) }
        self.baseEnvironment = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    private var firstPass: Expander { Expander(escape: recipe.dockerfile.directives.escape, unset: .keep) }
    private var secondPass: Expander { Expander(escape: recipe.dockerfile.directives.escape) }

    /// The inputs of the digest of `located`, and its effect on the table.
    mutating func inputs(
        of located: LocatedInstruction, _ lowering: DockerfileLowering, index: Int
    ) throws -> [NameInput] {
        let before = table
        let first = try expand(located.instruction, located, firstPass, table)
        remember(first)
        if case .arg = first { return [] }
        let environment = try secondEnvironment(before, located)
        let second = try expand(first, located, secondPass, environment)
        return try StagedInputs(
            instruction: second, located: located, environment: environment, lowering: lowering, index: index
        ).inputs()
    }

    private func expand(
        _ instruction: Instruction, _ located: LocatedInstruction, _ expander: Expander, _ values: [String: String]
    ) throws(StagingError) -> Instruction {
        do {
            return try instruction.expanded(with: expander, values).instruction
        } catch {
            throw StagingError(place: located.location.description, reason: error.description)
        }
    }

    private mutating func remember(_ instruction: Instruction) {
        switch instruction {
        case .env(let pairs): for pair in pairs { table[pair.key] = pair.value }
        case .arg(let arg):
            let given = recipe.buildArguments
            for argument in arg.arguments where recipe.dependencyArguments[argument.key] == nil {
                let value = given[argument.key] ?? argument.value ?? globals.values[argument.key]
                if let value { table[argument.key] = value }
            }
        default: break
        }
    }

    /// The default PATH, the base's environment, the table with its own variables replaced, the dependencies' values.
    private func secondEnvironment(
        _ table: [String: String], _ located: LocatedInstruction
    ) throws(StagingError) -> [String: String] {
        var environment = ["PATH": Self.defaultPath].merging(baseEnvironment) { $1 }
        var expanded: [String: String] = [:]
        for (name, value) in table {
            expanded[name] = try secondPass.expand(value, environment, at: located.location)
        }
        environment.merge(expanded) { $1 }
        return environment.merging(recipe.dependencyArguments) { $1 }
    }
}

/// The labelled values of one instruction, as werf's code lists them.
struct StagedInputs {
    let instruction: Instruction
    let located: LocatedInstruction
    let environment: [String: String]
    let lowering: DockerfileLowering
    let index: Int

    func inputs() throws -> [NameInput] {
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
        ]
    }

    private func run(_ run: RunInstruction) throws -> [NameInput] {
        var inputs: [NameInput] = [
            .labelled("Env", environment.map { "\($0.key)=\($0.value)" }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }),
            .labelled("Command", run.command.arguments),
            .labelled("PrependShell", String(run.command.prependsShell)),
            .labelled("Network", run.network.rawValue), .labelled("Security", run.security.rawValue),
        ]
        if !run.mounts.isEmpty { inputs.append(.labelled("Mounts")) }
        var paths: [String] = []
        for mount in run.mounts {
            inputs += self.mount(mount)
            if mount.kind == .bind, mount.from.isEmpty, !mount.source.isEmpty { paths.append(mount.source) }
        }
        if !paths.isEmpty {
            inputs.append(.labelled("SourcesChecksum", try lowering.names.stagedChecksum(paths: paths)))
        }
        // werf hashes only the first line of a RUN with here-documents, so that two scripts share a name; ours are
        // told apart.
        for heredoc in run.heredocs { inputs.append(.labelled("Heredoc", heredoc.name, heredoc.chompedContent)) }
        return inputs
    }

    private func mount(_ mount: Dockerfiles.RunMount) -> [NameInput] {
        var inputs: [NameInput] = [
            .labelled("Type", mount.kind.rawValue), from("From", mount.from), .labelled("Source", mount.source),
            .labelled("Target", mount.target), .labelled("ReadOnly", String(mount.isReadOnly)),
            .labelled("CacheID", mount.id), .labelled("CacheSharing", sharing(mount)),
            .labelled("Required", String(mount.isRequired)),
        ]
        if let mode = mount.mode { inputs.append(.labelled("Mode", String(mode))) }
        if let uid = mount.uid { inputs.append(.labelled("UID", String(uid))) }
        if let gid = mount.gid { inputs.append(.labelled("GID", String(gid))) }
        return inputs
    }

    private func sharing(_ mount: Dockerfiles.RunMount) -> String {
        mount.sharing?.rawValue ?? (mount.kind == .cache ? "shared" : "")
    }

    /// A stage's place is taken by the name of its last image.
    private func from(_ label: String, _ text: String) -> NameInput {
        guard !text.isEmpty, case .stage(let stage) = lowering.references.source(text, in: index),
            let last = lowering.finished[stage]?.last
        else { return .labelled(label, text) }
        return NameInput(label, words: [.text(label), .imageName(last)])
    }

    private func copy(_ copy: CopyInstruction) throws -> [NameInput] {
        let from = copy.from ?? ""
        var inputs: [NameInput] = [
            .labelled("From", from), .labelled("Sources", copy.sources.paths),
            .labelled("Dest", copy.sources.destination), .labelled("Chown", copy.owner ?? ""),
            .labelled("Chmod", copy.mode ?? ""), self.from("ExpandedFrom", from),
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
