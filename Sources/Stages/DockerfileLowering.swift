// Turns the Dockerfile of one image into stages: the arrow from text to graph.
import Dockerfiles
import Images
import Projects

/// Walks the Dockerfile stages that the target needs, in order, and makes a stage of every instruction.
package struct DockerfileLowering {
    let recipe: ImageRecipe
    let references: StageReferences
    let globals: GlobalArguments
    let names: any ContextNames
    /// Images of registries by the name that the Dockerfile has for them.
    let bases: [String: BaseImage]
    let imageNumber: Int

    var stages: [Stage] = []
    /// What each finished Dockerfile stage came to.
    var finished: [Int: FinishedStage] = [:]
    var baseStages: [String: StageIndex] = [:]

    struct FinishedStage {
        /// Nil for a stage that is nothing but scratch.
        let last: StageIndex?
        let config: ContainerConfig
    }

    private init(
        _ recipe: ImageRecipe, bases: [String: BaseImage], names: any ContextNames, imageNumber: Int
    ) throws(StagingError) {
        self.recipe = recipe
        self.bases = bases
        self.names = names
        self.imageNumber = imageNumber
        globals = try GlobalArguments(recipe)
        references = try StageReferences(recipe, arguments: globals)
    }

    /// The registry images that are needed and not among `known`. Asked again with more known ones, it may name more:
    /// a base's ONBUILD triggers can refer to images, too.
    package static func missingBases(_ recipe: ImageRecipe, known: [String: BaseImage]) throws -> [String] {
        let lowering = try DockerfileLowering(recipe, bases: known, names: NoContextNames(), imageNumber: 0)
        var missing: Set<String> = []
        for index in try lowering.needed() {
            let stage = recipe.dockerfile.stages[index]
            if case .image(let name) = lowering.references.bases[index], known[name] == nil { missing.insert(name) }
            for text in StageReferences.sources(of: try lowering.triggers(of: index) + stage.instructions) {
                if case .image(let name) = lowering.references.source(text, in: index), known[name] == nil {
                    missing.insert(name)
                }
            }
        }
        return missing.sorted()
    }

    /// The stages of the image. `bases` holds everything that `missingBases` named.
    package static func lower(
        _ recipe: ImageRecipe, bases: [String: BaseImage], names: any ContextNames, imageNumber: Int
    ) throws -> LoweredImage {
        var lowering = try DockerfileLowering(recipe, bases: bases, names: names, imageNumber: imageNumber)
        let needed = try lowering.needed()
        for index in needed { try lowering.lower(stage: index) }
        return try lowering.result(needed)
    }

    /// Dockerfile stages that the target needs, itself included, in the order of the file.
    func needed() throws -> [Int] {
        var needed: Set<Int> = []
        var open = [references.target]
        while let index = open.popLast() {
            guard needed.insert(index).inserted else { continue }
            if case .stage(let base) = references.bases[index] { open.append(base) }
            let instructions = try triggers(of: index) + recipe.dockerfile.stages[index].instructions
            for text in StageReferences.sources(of: instructions) {
                if case .stage(let source) = references.source(text, in: index) { open.append(source) }
            }
        }
        return needed.sorted()
    }

    /// The ONBUILD triggers that the stage's base leaves it, parsed.
    func triggers(of index: Int) throws(StagingError) -> [LocatedInstruction] {
        switch references.bases[index] {
        case .scratch: return []
        case .image(let name): return try parsed(bases[name]?.config.config.onBuild ?? [], of: name, in: index)
        case .stage(let base):
            return recipe.dockerfile.stages[base].instructions.compactMap { located in
                if case .onbuild(let onbuild) = located.instruction { onbuild.trigger } else { nil }
            }
        }
    }

    private func parsed(
        _ triggers: [String], of name: String, in index: Int
    ) throws(StagingError) -> [LocatedInstruction] {
        var instructions: [LocatedInstruction] = []
        for trigger in triggers {
            do {
                // A trigger alone is no Dockerfile: it needs a stage to stand in.
                let file = try Dockerfile.parse("FROM scratch\n" + trigger + "\n", name: "ONBUILD of \(name)")
                instructions += file.stages.first?.instructions ?? []
            } catch {
                throw StagingError(
                    place: recipe.dockerfile.stages[index].location.description,
                    reason: "the base image \(name) has an ONBUILD trigger that can't be read: \(error)")
            }
        }
        return instructions
    }

    /// The stage that stands for a registry's image, made at its first use.
    mutating func baseStage(named name: String, place: SourceLocation) throws(StagingError) -> StageIndex {
        if let index = baseStages[name] { return index }
        guard let base = bases[name] else {
            throw StagingError(place: place.description, reason: "the image \(name) was not resolved")
        }
        let title = StageTitle(image: recipe.image.name, name: "FROM", text: "FROM \(name)", place: place.description)
        let rule = NameRule(platform: recipe.platformInDigests, keyword: "FROM", inputs: [])
        let index = append(
            Stage(title: title, publicity: .base, parent: nil, work: .base(base), rule: rule))
        baseStages[name] = index
        return index
    }

    @discardableResult
    mutating func append(_ stage: Stage) -> StageIndex {
        stages.append(stage)
        return StageIndex(image: imageNumber, number: stages.count - 1)
    }

    private func result(_ needed: [Int]) throws(StagingError) -> LoweredImage {
        guard let last = finished[references.target]?.last else {
            throw StagingError(
                place: recipe.dockerfile.stages[references.target].location.description,
                reason: "the image would be empty: its stage has no instruction that makes anything")
        }
        guard recipe.image.staged else { return LoweredImage(stages: stages, last: last) }
        let levels = try levels(needed)
        let images = needed.compactMap { index in
            finished[index]?.last.map {
                InternalImage(name: imageName(of: index), last: $0, level: levels[index] ?? 0)
            }
        }
        return LoweredImage(stages: stages, last: last, internalImages: images)
    }

    /// How far each Dockerfile stage stands before the target: the longest way, as werf's sets have it.
    private func levels(_ needed: [Int]) throws(StagingError) -> [Int: Int] {
        var levels: [Int: Int] = [references.target: 0]
        for index in needed.reversed() {
            let level = levels[index] ?? 0
            var sources = StageReferences.sources(of: recipe.dockerfile.stages[index].instructions)
                .map { references.source($0, in: index) }
            sources.append(references.bases[index])
            for case .stage(let source) in sources { levels[source] = max(levels[source] ?? 0, level + 1) }
        }
        return levels
    }

    /// The name under which a Dockerfile stage of a staged image is shown.
    func imageName(of index: Int) -> String {
        guard index != references.target, recipe.image.staged else { return recipe.image.name }
        if let name = recipe.dockerfile.stages[index].name { return recipe.image.name + "/stage/" + name }
        return recipe.image.name + "/stage\(index)"
    }
}

/// Stands in where no name of a file is asked for.
private struct NoContextNames: ContextNames {
    func unstagedChecksum(sources: [String]) -> String { "" }
    func stagedChecksum(globs: [String]) -> String { "" }
    func stagedChecksum(paths: [String]) -> String { "" }
    func contentName(patterns: [String]) -> String { "" }
}
