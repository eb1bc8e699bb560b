// One Dockerfile stage: from its base through its instructions, one by one.
import Dockerfiles
import Images
import Projects

extension DockerfileLowering {
    mutating func lower(stage index: Int) throws {
        let stage = recipe.dockerfile.stages[index]
        var walk = try start(index)
        let instructions = try triggers(of: index) + stage.instructions
        for use in SourceUse.all(of: instructions) {
            if case .image(let name) = references.source(use) {
                _ = try baseStage(named: name, place: use.location)
            }
        }
        if recipe.image.staged, recipe.hasFromStage { appendFrom(stage, &walk) }
        for located in instructions { try lower(located, &walk) }
        try finish(stage, &walk)
        finished[index] = FinishedStage(
            last: walk.last, config: walk.scope.config, variables: walk.scope.variables, pending: walk.pending)
    }

    /// What is carried from instruction to instruction.
    struct Walk {
        let index: Int
        let image: String
        var scope: InstructionScope
        var names: StagedScope
        /// The stage that the next one is built on.
        var last: StageIndex?
        /// What the chain of digests starts on.
        let base: NameWord?
        /// The stage before in the chain of digests; nil at its start.
        var previous: StageIndex?
        var instructionCount = 0
        var hasStages = false
        /// Changes of the configuration that come with the base: the first stage bears them.
        var pending: [ConfigChange]

        mutating func takePending() -> [ConfigChange] {
            defer { pending = [] }
            return pending
        }
    }

    /// Where a Dockerfile stage begins.
    private struct Start {
        var config: ContainerConfig
        var variables: EnvironmentList = []
        var pending: [ConfigChange] = []
        var last: StageIndex?
        let base: NameWord?
    }

    private mutating func start(_ index: Int) throws(StagingError) -> Walk {
        let stage = recipe.dockerfile.stages[index]
        try checkPlatform(of: stage)
        var start: Start
        switch references.bases[index] {
        case .scratch: start = fromScratch(references.baseNames[index])
        case .image(let name): start = try from(image: name, stage)
        case .stage(let other): start = from(stage: other)
        }
        let scope = InstructionScope(
            config: start.config, inherited: start.variables, escape: recipe.dockerfile.directives.escape)
        let names = try StagedScope(
            recipe: recipe, globals: stagedGlobals, baseEnvironment: start.config.environment)
        return Walk(
            index: index, image: imageName(of: index), scope: scope, names: names, last: start.last, base: start.base,
            pending: start.pending)
    }

    /// The usual PATH, and the root as the directory.
    private func fromScratch(_ name: String) -> Start {
        let config = InstructionScope.scratch
        let variables = config.environment.pairs.map { ConfigChange.environment(name: $0.name, value: $0.value) }
        return Start(
            config: config, pending: variables + [.workingDirectory(config.workingDirectory)], base: .text(name))
    }

    /// A base without PATH gets the usual one; its triggers are spent here.
    private mutating func from(image name: String, _ stage: BuildStage) throws(StagingError) -> Start {
        let last = try baseStage(named: name, place: stage.location)
        var start = Start(
            config: bases[name]?.config.config ?? ContainerConfig(), last: last,
            base: .text(references.baseNames[stage.index]))
        if start.config.environment["PATH"] == nil {
            start.config.environment["PATH"] = InstructionScope.defaultPath
            start.pending.append(.environment(name: "PATH", value: InstructionScope.defaultPath))
        }
        if !start.config.onBuild.isEmpty { start.pending.append(.clearOnBuild) }
        return start
    }

    /// A stage of the same file: its arguments go on, its triggers are spent here.
    private func from(stage index: Int) -> Start {
        let below = finished[index]
        var start = Start(
            config: below?.config ?? ContainerConfig(), variables: below?.variables ?? [],
            pending: below?.pending ?? [], last: below?.last, base: below?.last.map(NameWord.imageName))
        let leavesTriggers = recipe.dockerfile.stages[index].instructions.contains {
            $0.instruction.keyword == .onbuild
        }
        if leavesTriggers { start.pending.append(.clearOnBuild) }
        return start
    }

    /// Another platform than the image's own can't be built here; saying the same one again is fine.
    private func checkPlatform(of stage: BuildStage) throws(StagingError) {
        guard let text = stage.platform else { return }
        let expander = Expander(escape: recipe.dockerfile.directives.escape)
        let name = try expander.expand(text, globals.values, at: stage.location)
        guard Images.Platform(name, host: recipe.platform) == recipe.platform else {
            throw StagingError(
                place: stage.location.description,
                reason: "FROM --platform=\(text) asks for \"\(name)\", and this version builds for "
                    + "\(recipe.platform) only")
        }
    }

    /// werf takes the reference of another stage when no stage is built yet, so that it is empty in the inputs; the
    /// digest has it as its last part (werf.md 2.6).
    private mutating func appendFrom(_ stage: BuildStage, _ walk: inout Walk) {
        var text = ""
        var onStage: NameWord?
        switch walk.base {
        case .text(let name): text = name
        default: onStage = walk.base
        }
        var inputs: [NameInput] = [.labelled("BaseImageReference", text)]
        if !recipe.image.cacheVersion.isEmpty {
            inputs.append(.labelled("ImageCacheVersion", recipe.image.cacheVersion))
        }
        let rule = NameRule(platform: recipe.platformInDigests, keyword: "FROM", inputs: inputs, base: onStage)
        walk.instructionCount = 1
        put(
            Stage(
                title: title(walk, "FROM", stage.original, stage.location), publicity: .published, parent: walk.last,
                work: .config, changes: walk.takePending(), rule: rule), &walk)
    }

    /// A stage without instructions that make one: what its base brought has to be borne by somebody.
    private mutating func finish(_ stage: BuildStage, _ walk: inout Walk) throws {
        guard !walk.hasStages else { return }
        guard !recipe.image.staged else {
            throw StagingError(
                place: stage.location.description,
                reason: "a staged Dockerfile stage with nothing but FROM needs WERF_STAGED_DOCKERFILE_VERSION=v2")
        }
        guard walk.index == references.target, walk.last == nil || !walk.pending.isEmpty else { return }
        let origins = origins(Made(history: ""), walk)
        let rule = try stepRule(.config, origins, stage.location)
        put(
            Stage(
                title: title(walk, "FROM", stage.original, stage.location), publicity: .step, parent: walk.last,
                work: .config, changes: walk.takePending(), rule: rule, origins: origins), &walk)
    }

    private mutating func lower(_ located: LocatedInstruction, _ walk: inout Walk) throws {
        let names = recipe.image.staged ? try walk.names.inputs(of: located, self) : []
        if case .arg(let arg) = located.instruction { return try declare(arg, located.location, &walk) }
        let expanded: Instruction
        do {
            expanded = try located.expanded(with: walk.scope.expander, walk.scope.environment).instruction
        } catch {
            throw StagingError(place: error.location.description, reason: error.message)
        }
        let made = try make(expanded, located, &walk)
        walk.instructionCount += 1
        try append(made, located, names, &walk)
    }

    private func declare(
        _ arg: ArgInstruction, _ location: SourceLocation, _ walk: inout Walk
    ) throws(StagingError) {
        let given = recipe.givenArguments
        for argument in arg.arguments {
            if let value = given[argument.key] {
                walk.scope.declare(argument.key, value)
            } else if let value = argument.value {
                let expanded = try walk.scope.expander.expand(value, walk.scope.environment, at: location)
                walk.scope.declare(argument.key, expanded)
            } else if let value = globals.values[argument.key] {
                walk.scope.declare(argument.key, value)
            }
        }
    }
}
