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
        /// Inputs of the digest of a step of an unstaged image; empty for a change of configuration.
        var stepInputs: [NameInput] = []
        /// A layer that doesn't depend on what is below.
        var isIndependent = false
    }

    mutating func append(_ made: Made, _ located: LocatedInstruction, _ names: [NameInput], _ walk: inout Walk) {
        // As it was written: werf's digests have the keyword's case.
        let keyword = String(located.original.prefix { !$0.isWhitespace })
        let isStaged = recipe.image.staged
        let rule = isStaged ? stagedRule(keyword, names, walk) : stepRule(made, keyword, walk)
        put(
            Stage(
                title: title(walk, keyword.uppercased(), located.original, located.location),
                publicity: isStaged ? .published : .step, parent: walk.last, sources: made.sources, work: made.work,
                changes: walk.takePending() + made.changes, history: made.history, rule: rule), &walk)
        if made.isIndependent, !isStaged, let last = walk.last { independent.insert(last) }
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

    /// A step is named by what it does to files and by what lies below; the configuration around it counts only
    /// where it reaches the process.
    func stepRule(_ made: Made, _ keyword: String, _ walk: Walk) -> NameRule {
        var inputs: [NameInput] = [.labelled("step", StepNames.version, keyword.uppercased())]
        inputs += made.stepInputs
        if made.isIndependent {
            inputs.append(.labelled("below", "independent"))
        } else {
            inputs.append(NameInput("below", words: [.text("below")] + contentWords(walk.last)))
        }
        return NameRule(platform: recipe.platformInDigests, keyword: StepNames.keyword, inputs: inputs)
    }
}
