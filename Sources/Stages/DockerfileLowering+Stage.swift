// One Dockerfile stage: from its base through its instructions, one by one.
import Dockerfiles
import Images
import Projects

extension DockerfileLowering {
    mutating func lower(stage index: Int) throws {
        let stage = recipe.dockerfile.stages[index]
        var walk = try start(index)
        let triggers = try triggers(of: index)
        for text in StageReferences.sources(of: triggers + stage.instructions) {
            if case .image(let name) = references.source(text, in: index) {
                _ = try baseStage(named: name, place: stage.location)
            }
        }
        if recipe.image.staged, recipe.hasFromStage { appendFrom(stage, &walk) }
        if !triggers.isEmpty {
            walk.scope.config.onBuild = []
            walk.spentTriggers = true
        }
        for located in triggers + stage.instructions {
            try lower(located, &walk)
        }
        if recipe.image.staged, !walk.hasStages, index == references.target {
            throw StagingError(
                place: stage.location.description,
                reason: "a staged Dockerfile stage with nothing but FROM needs WERF_STAGED_DOCKERFILE_VERSION=v2")
        }
        finished[index] = FinishedStage(last: walk.last, config: walk.scope.config)
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
        var spentTriggers = false
    }

    private mutating func start(_ index: Int) throws(StagingError) -> Walk {
        let stage = recipe.dockerfile.stages[index]
        try checkPlatform(of: stage)
        let config: ContainerConfig
        var last: StageIndex?
        let base: NameWord?
        switch references.bases[index] {
        case .scratch:
            config = InstructionScope.scratch
            base = .text(references.baseNames[index])
        case .image(let name):
            last = try baseStage(named: name, place: stage.location)
            config = bases[name]?.config.config ?? ContainerConfig()
            base = .text(references.baseNames[index])
        case .stage(let other):
            last = finished[other]?.last
            config = finished[other]?.config ?? ContainerConfig()
            base = last.map(NameWord.imageName)
        }
        let scope = InstructionScope(config: config, escape: recipe.dockerfile.directives.escape)
        let names = StagedScope(recipe: recipe, globals: globals, baseEnvironment: config.environment)
        return Walk(index: index, image: imageName(of: index), scope: scope, names: names, last: last, base: base)
    }

    /// Another platform than the image's own can't be built here; saying the same one again is fine.
    private func checkPlatform(of stage: BuildStage) throws(StagingError) {
        guard let text = stage.platform else { return }
        let expander = Expander(escape: recipe.dockerfile.directives.escape)
        let name = try expander.expand(text, globals.values, at: stage.location)
        guard let platform = try? Images.Platform(name), platform == recipe.platform else {
            throw StagingError(
                place: stage.location.description,
                reason: "FROM --platform=\(text) asks for \"\(name)\", and this version builds for "
                    + "\(recipe.platform) only")
        }
    }

    private mutating func appendFrom(_ stage: BuildStage, _ walk: inout Walk) {
        var inputs: [NameInput] = []
        let reference: NameWord = walk.base ?? .text("")
        inputs.append(NameInput("BaseImageReference", words: [.text("BaseImageReference"), reference]))
        if !recipe.image.cacheVersion.isEmpty {
            inputs.append(.labelled("ImageCacheVersion", recipe.image.cacheVersion))
        }
        let title = StageTitle(
            image: walk.image, name: "FROM1", text: stage.original, place: stage.location.description)
        let isOnStage = if case .imageName = reference { true } else { false }
        let rule = NameRule(
            platform: recipe.platformInDigests, keyword: "FROM", inputs: inputs, base: isOnStage ? reference : nil)
        let index = append(
            Stage(
                title: title, publicity: .published, parent: walk.last, work: .config, changes: rootChanges(walk),
                rule: rule))
        walk.last = index
        walk.previous = index
        walk.hasStages = true
        walk.instructionCount = 1
    }

    /// What a stage on nothing says before its first instruction: the usual PATH and the root as its directory.
    func rootChanges(_ walk: Walk) -> [ConfigChange] {
        guard walk.last == nil else { return [] }
        let start = InstructionScope.scratch
        return start.environment.pairs.map { .environment(name: $0.name, value: $0.value) }
            + [.workingDirectory(start.workingDirectory)]
    }

    private mutating func lower(_ located: LocatedInstruction, _ walk: inout Walk) throws {
        let names = recipe.image.staged ? try walk.names.inputs(of: located, self, index: walk.index) : []
        let expanded: Instruction
        if case .arg(let arg) = located.instruction {
            try declare(arg, &walk)
            return
        }
        do {
            expanded = try located.expanded(with: walk.scope.expander, walk.scope.environment).instruction
        } catch {
            throw StagingError(place: error.location.description, reason: error.message)
        }
        let made = try make(expanded, located, &walk)
        walk.instructionCount += 1
        try append(made, located, names, &walk)
    }

    /// What an instruction comes to: work on files, changes of the configuration, or both.
    struct Made {
        var work: StageWork = .config
        var sources: [StageIndex] = []
        var changes: [ConfigChange] = []
        var history: String
        /// Inputs of the digest of a step of an unstaged image; empty for a change of configuration.
        var stepInputs: [NameInput] = []
        /// A layer that doesn't depend on what is below.
        var isIndependent = false
    }

    private mutating func append(
        _ made: Made, _ located: LocatedInstruction, _ names: [NameInput], _ walk: inout Walk
    ) throws {
        let keyword = located.original.prefix { !$0.isWhitespace }
        let title = StageTitle(
            image: walk.image, name: keyword.uppercased() + String(walk.instructionCount), text: located.original,
            place: located.location.description)
        var changes = rootChanges(walk)
        if walk.spentTriggers {
            changes.append(.clearOnBuild)
            walk.spentTriggers = false
        }
        changes += made.changes
        let rule =
            recipe.image.staged
            ? stagedRule(String(keyword), names, walk) : try stepRule(made, String(keyword), walk)
        let index = append(
            Stage(
                title: title, publicity: recipe.image.staged ? .published : .step, parent: walk.last,
                sources: made.sources, work: made.work, changes: changes, history: made.history, rule: rule))
        walk.last = index
        walk.previous = index
        walk.hasStages = true
    }

    private func stagedRule(_ keyword: String, _ inputs: [NameInput], _ walk: Walk) -> NameRule {
        let isFirst = walk.previous == nil
        return NameRule(
            platform: recipe.platformInDigests, keyword: keyword, inputs: inputs, previous: walk.previous,
            base: isFirst ? walk.base : nil)
    }

    /// A step is named by what it does to files and by what lies below; the configuration around it counts only
    /// where it reaches the process.
    private func stepRule(_ made: Made, _ keyword: String, _ walk: Walk) throws -> NameRule {
        var inputs: [NameInput] = [.labelled("step", StepNames.version, keyword.uppercased())]
        inputs += made.stepInputs
        if made.isIndependent {
            inputs.append(.labelled("below", "independent"))
        } else if let below = below(walk.last) {
            inputs.append(NameInput("below", words: [.text("below"), .digest(below)]))
        } else {
            inputs.append(.labelled("below", "scratch"))
        }
        return NameRule(platform: recipe.platformInDigests, keyword: StepNames.keyword, inputs: inputs)
    }

    /// The nearest stage at or below `index` that changes files.
    func below(_ index: StageIndex?) -> StageIndex? {
        var index = index
        while let current = index {
            let stage = stages[current.number]
            if stage.work.changesFiles || stage.publicity == .base { return current }
            index = stage.parent
        }
        return nil
    }

    private mutating func declare(_ arg: ArgInstruction, _ walk: inout Walk) throws(StagingError) {
        let given = recipe.givenArguments
        for argument in arg.arguments {
            if let value = given[argument.key] {
                walk.scope.variables[argument.key] = value
            } else if let value = argument.value {
                walk.scope.variables[argument.key] = try walk.scope.expander.expand(
                    value, walk.scope.environment, at: arg.location)
            } else if let value = globals.values[argument.key] {
                walk.scope.variables[argument.key] = value
            }
        }
    }
}
