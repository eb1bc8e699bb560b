// Made instructions become stages: with a title, a place in the chain and a rule for the name.
import Dockerfiles
import Images
import Projects

extension DockerfileLowering {
    /// What an instruction comes to: work on files, changes of the configuration, or both.
    struct Made {
        var work: StageWork = .config
        var sources: [StageIndex] = []
        var changes: [ConfigChange] = []
        var history: String
    }

    mutating func append(
        _ made: Made, _ located: LocatedInstruction, _ names: [NameInput], _ walk: inout Walk
    ) throws {
        // As it was written: werf's digests have the keyword's case.
        let keyword = String(located.original.prefix { !$0.isWhitespace })
        let isStaged = recipe.image.staged
        let origins = isStaged ? nil : self.origins(made, walk)
        let rule = try origins.map { try stepRule(made.work, $0, located.location) } ?? stagedRule(keyword, names, walk)
        put(
            Stage(
                title: title(walk, keyword.uppercased(), located.original, located.location),
                publicity: isStaged ? .published : .step, parent: walk.last, sources: made.sources, work: made.work,
                changes: walk.takePending() + made.changes, history: made.history, rule: rule, origins: origins), &walk)
        if made.work.needsNothingBelow, !isStaged, let last = walk.last { independent.insert(last) }
    }

    mutating func put(_ stage: Stage, _ walk: inout Walk) {
        let index = append(stage)
        walk.last = index
        walk.previous = index
        walk.hasStages = true
    }

    func title(_ walk: Walk, _ keyword: String, _ text: String, _ location: SourceLocation) -> StageTitle {
        StageTitle(
            image: walk.image, name: keyword + String(max(1, walk.instructionCount)), text: text,
            place: location.description)
    }

    private func stagedRule(_ keyword: String, _ inputs: [NameInput], _ walk: Walk) -> NameRule {
        let isFirst = walk.previous == nil
        return NameRule(
            platform: recipe.platformInDigests, keyword: keyword, inputs: inputs, previous: walk.previous,
            base: isFirst ? walk.base : nil)
    }

    func origins(_ made: Made, _ walk: Walk) -> StepOrigins {
        StepOrigins(
            platform: recipe.platformInDigests, below: made.work.needsNothingBelow ? [] : contentWords(walk.last),
            sources: Dictionary(made.sources.map { ($0, contentWords($0)) }) { first, _ in first })
    }

    func stepRule(_ work: StageWork, _ origins: StepOrigins, _ location: SourceLocation) throws -> NameRule {
        try placed(location.description) {
            try StepNames.rule(of: work, origins) { try names.contentName(patterns: $0) }
        }
    }
}
