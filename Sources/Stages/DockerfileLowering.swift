// Turns the Dockerfile of one image into stages: the arrow from text to graph.
package import Digests
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
    /// What addresses of files hold now.
    let remotes: [String: BlobDigest]
    /// Addresses that are not among them, and the steps that need them.
    var unknownRemotes: [RemoteUse] = []
    let imageNumber: Int

    /// werf's own table of them, for the names of staged images.
    let stagedGlobals: [String: String]

    private(set) var stages: [Stage] = []
    /// For each stage, the nearest one at or below it that changes files or is a base.
    private var contents: [StageIndex?] = []
    /// Linked copies: their digests say nothing of what is below them.
    var independent: Set<StageIndex> = []
    /// What each finished Dockerfile stage came to.
    var finished: [Int: FinishedStage] = [:]
    var baseStages: [String: StageIndex] = [:]

    struct FinishedStage {
        /// Nil for a stage that is nothing but scratch.
        let last: StageIndex?
        let config: ContainerConfig
        /// Of its steps, with the build arguments: a stage on top of it goes on with them.
        let variables: EnvironmentList
        /// Changes that no stage bears yet.
        let pending: [ConfigChange]
    }

    init(
        _ recipe: ImageRecipe, bases: [String: BaseImage], remotes: [String: BlobDigest] = [:],
        names: any ContextNames, imageNumber: Int
    ) throws(StagingError) {
        self.recipe = recipe
        self.bases = bases
        self.remotes = remotes
        self.names = names
        self.imageNumber = imageNumber
        globals = try GlobalArguments(recipe)
        stagedGlobals = recipe.image.staged ? StagedScope.globals(recipe) : [:]
        references = try StageReferences(recipe, arguments: globals)
    }

    /// The registry images that are needed and not among `known`. Asked again with more known ones, it may name more:
    /// a base's ONBUILD triggers can refer to images, too.
    package static func missingBases(_ recipe: ImageRecipe, known: [String: BaseImage]) throws -> [String] {
        let lowering = try DockerfileLowering(recipe, bases: known, names: NoContextNames(), imageNumber: 0)
        var missing: Set<String> = []
        for index in try lowering.needed() {
            if case .image(let name) = lowering.references.bases[index], known[name] == nil { missing.insert(name) }
            for use in SourceUse.all(of: try lowering.instructions(of: index)) {
                if case .image(let name) = lowering.references.source(use), known[name] == nil {
                    missing.insert(name)
                }
            }
        }
        return missing.sorted()
    }

    /// The stages of the image. `bases` holds everything that `missingBases` named, `remotes` what is known of the files
    /// that ADD fetches: where the result has `unknownRemotes`, its steps are not named yet.
    package static func lower(
        _ recipe: ImageRecipe, bases: [String: BaseImage], remotes: [String: BlobDigest] = [:],
        names: any ContextNames, imageNumber: Int
    ) throws -> LoweredImage {
        var lowering = try DockerfileLowering(
            recipe, bases: bases, remotes: remotes, names: names, imageNumber: imageNumber)
        let needed = try lowering.needed()
        for index in needed { try lowering.lower(stage: index) }
        return try lowering.result(needed)
    }

    /// Dockerfile stages that the target needs, itself included, in the order of the file.
    func needed() throws(StagingError) -> [Int] {
        var needed: Set<Int> = []
        var open = [references.target]
        while let index = open.popLast() {
            guard needed.insert(index).inserted else { continue }
            try references.checkBase(of: index)
            if case .stage(let base) = references.bases[index] { open.append(base) }
            for use in SourceUse.all(of: try instructions(of: index)) {
                try references.check(use, in: index)
                if case .stage(let source) = references.source(use) { open.append(source) }
            }
        }
        return needed.sorted()
    }

    /// What is done in the stage: the triggers that its base leaves it, and its own instructions.
    private func instructions(of index: Int) throws(StagingError) -> [LocatedInstruction] {
        try triggers(of: index) + recipe.dockerfile.stages[index].instructions
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

    mutating func append(_ stage: Stage) -> StageIndex {
        let index = StageIndex(image: imageNumber, number: stages.count)
        stages.append(stage)
        contents.append(stage.work.changesFiles || stage.publicity == .base ? index : below(stage.parent))
        return index
    }

    /// The nearest stage at or below `index` that changes files or is a base; nil above nothing.
    func below(_ index: StageIndex?) -> StageIndex? {
        index.flatMap { contents[$0.number] }
    }

    /// The digests that together name the files of `index`: that of a linked copy says nothing of what is below it.
    func contentWords(_ index: StageIndex?) -> [NameWord] {
        var words: [NameWord] = []
        var current = below(index)
        while let stage = current {
            words.append(.digest(stage))
            guard independent.contains(stage) else { return words }
            current = below(stages[stage.number].parent)
        }
        return words + [.text(StepOrigins.scratch)]
    }

    private func result(_ needed: [Int]) throws(StagingError) -> LoweredImage {
        guard let last = finished[references.target]?.last else {
            throw StagingError(
                place: recipe.dockerfile.stages[references.target].location.description,
                reason: "the image would be empty: its stage has no instruction that makes anything")
        }
        guard recipe.image.staged else {
            return LoweredImage(stages: stages, last: last, unknownRemotes: unknownRemotes)
        }
        let levels = try levels(needed)
        let images = needed.compactMap { index in
            finished[index]?.last.map {
                InternalImage(name: imageName(of: index), last: $0, level: levels[index] ?? 0)
            }
        }
        return LoweredImage(stages: stages, last: last, internalImages: images)
    }

    /// How far each Dockerfile stage stands before the target: the longest way, as werf's sets have it.
    func levels(_ needed: [Int]) throws(StagingError) -> [Int: Int] {
        var levels: [Int: Int] = [references.target: 0]
        for index in needed.reversed() {
            let level = levels[index] ?? 0
            let uses = SourceUse.all(of: try instructions(of: index))
            let sources = uses.map { references.source($0) } + [references.bases[index]]
            for case .stage(let source) in sources { levels[source] = max(levels[source] ?? 0, level + 1) }
        }
        return levels
    }

    /// The name under which a Dockerfile stage of a staged image is shown.
    func imageName(of index: Int) -> String {
        recipe.image.staged ? partName(of: index) : recipe.image.name
    }

    func partName(of index: Int) -> String {
        guard index != references.target else { return recipe.image.name }
        if let name = recipe.dockerfile.stages[index].name { return recipe.image.name + "/stage/" + name }
        return recipe.image.name + "/stage\(index)"
    }
}

/// Stands in where no name of a file is asked for.
struct NoContextNames: ContextNames {
    func unstagedChecksum(sources: [String]) -> String { "" }
    func stagedChecksum(globs: [String]) -> String { "" }
    func stagedChecksum(paths: [String]) -> String { "" }
    func contentName(patterns: [String]) -> String { "" }
}
