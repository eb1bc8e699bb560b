// The digest of a whole unstaged Dockerfile image, item by item as werf collects them (werf.md 2.5).
import Dockerfiles
import Images
import Projects

/// Builds werf's list of dependencies of the `dockerfile` stage. Only the target's part of the Dockerfile counts.
package struct UnstagedName {
    private let stages: [BuildStage]
    private let references: StageReferences
    private var items: [[NameInput]] = []
    private var onBuildItems: [[NameInput]] = []

    /// Inputs of one name at the most. werf repeats the inputs of a stage for everyone who takes from it, so that a
    /// chain of stages that take from each other several times doubles them at each link.
    package static let inputsMax = 1_000_000

    private init(_ recipe: ImageRecipe, names: any ContextNames) throws {
        stages = recipe.dockerfile.stages
        references = try StageReferences(recipe, arguments: GlobalArguments(recipe))
        let globals = try Self.globals(recipe)
        for stage in stages {
            var reader = UnstagedInputs(recipe, globals: globals, names: names)
            let (own, onBuild) = try reader.inputs(of: stage)
            items.append(own)
            onBuildItems.append(onBuild)
        }
    }

    /// The rule of the `dockerfile` stage of `recipe`.
    package static func rule(_ recipe: ImageRecipe, names: any ContextNames) throws -> NameRule {
        var name = try UnstagedName(recipe, names: names)
        for stage in name.stages { try name.merge(into: stage) }
        var inputs = name.items[name.references.target]
        if !recipe.image.cacheVersion.isEmpty {
            inputs.append(NameInput("cacheVersion", words: [.text(recipe.image.cacheVersion)]))
        }
        return NameRule(platform: recipe.platformInDigests, keyword: "dockerfile", inputs: inputs)
    }

    /// werf's table of ARGs before FROM: a name without a value is the empty text, that of a platform argument, too.
    private static func globals(_ recipe: ImageRecipe) throws(StagingError) -> [String: String] {
        var resolved: [String: String] = [:]
        let expander = Expander()
        let given = recipe.givenArguments
        for instruction in recipe.dockerfile.metaArgs {
            for argument in instruction.arguments {
                let key = try expander.expand(argument.key, resolved, at: instruction.location)
                // What is given from outside hides the default, even one that can't be expanded.
                if let value = given[key] {
                    resolved[key] = value
                } else {
                    resolved[key] = try expander.expand(argument.value ?? "", resolved, at: instruction.location)
                }
            }
        }
        return GlobalArguments.platformArguments(recipe.platform).merging(resolved) { $1 }
    }

    /// In the order of the stages, each takes over the items of the stages that it names.
    private mutating func merge(into stage: BuildStage) throws(StagingError) {
        for base in bases(of: stage) {
            try append(items[base] + onBuildItems[base], to: stage)
            for index in try triggeredSources(of: base, in: stage.index) { try append(items[index], to: stage) }
        }
        for use in SourceUse.all(of: stage.instructions) {
            if let index = index(use) { try append(items[index], to: stage) }
        }
    }

    /// werf compares the base as it is written with names, and forgets a base that an argument names: two images must
    /// not share a name, so that one is added where it is used.
    private func bases(of stage: BuildStage) -> [Int] {
        let written = stages.filter { $0.index != stage.index && $0.name == stage.base }.map(\.index)
        guard case .stage(let base) = references.bases[stage.index], !written.contains(base) else { return written }
        return written + [base]
    }

    /// Stages that the triggers of `base` take from; werf forgets them, too.
    private func triggeredSources(of base: Int, in stage: Int) throws(StagingError) -> [Int] {
        guard references.bases[stage] == .stage(base) else { return [] }
        return SourceUse.all(of: try DockerfileLowering.triggers(in: stages[base])).compactMap(index)
    }

    private func index(_ use: SourceUse) -> Int? {
        guard case .stage(let index) = references.source(use, asWerf: true), stages.indices.contains(index) else {
            return nil
        }
        return index
    }

    private mutating func append(_ inputs: [NameInput], to stage: BuildStage) throws(StagingError) {
        guard items[stage.index].count + inputs.count <= Self.inputsMax else {
            throw StagingError(
                place: stage.location.description,
                reason: "the stages that this one takes from take from each other so often that its name would have "
                    + "more than \(Self.inputsMax) inputs: let one stage gather their files")
        }
        items[stage.index] += inputs
    }
}
