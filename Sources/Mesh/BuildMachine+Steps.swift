// The steps of an unstaged image: which are remembered, which must run.
import Digests
import Planning
import Reports
import Scheduling
import Stages

extension BuildMachine {
    /// The node said which steps it remembers: everything the image still needs is handed to the scheduler.
    mutating func remembered(_ image: Int, _ steps: [StageDigest: RememberedStep]) -> [Effect] {
        var effects: [Effect] = []
        markAvailable(image, steps)
        for number in neededSteps(image) {
            let stage = images[image].stages[number]
            if images[image].states[number].content != nil {
                if stage.work.changesFiles { effects.append(.report(.stepRemembered(stage.title))) }
                continue
            }
            if stage.work.changesFiles { effects += makeStep(StageIndex(image: image, number: number)) }
        }
        return effects + publishWhole(image)
    }

    /// A step is at hand when its layer is remembered and what lies below it is at hand, too.
    private mutating func markAvailable(_ image: Int, _ steps: [StageDigest: RememberedStep]) {
        for number in images[image].stages.indices where images[image].states[number].content == nil {
            let stage = images[image].stages[number]
            guard let below = contentBelow(stage) else { continue }
            if !stage.work.changesFiles {
                images[image].states[number].content = below.adding(layer: nil, of: stage)
                images[image].states[number].fate = .given
            } else if let digest = images[image].states[number].digest, let step = steps[digest] {
                images[image].states[number].content = below.adding(layer: step.layer, of: stage)
                images[image].states[number].fate = .remembered
            }
        }
    }

    /// The content that `stage` is built on; nil while it is not known.
    func contentBelow(_ stage: Stage) -> StageContent? {
        guard let parent = stage.parent else { return StageContent(root: .scratch) }
        return images[parent.image].states[parent.number].content
    }

    /// From the last step backwards: what is at hand needs nothing more. Ascending.
    private func neededSteps(_ image: Int) -> [Int] {
        guard let last = images[image].last else { return [] }
        var needed: Set<Int> = []
        var open = [last]
        while let index = open.popLast() {
            guard needed.insert(index.number).inserted else { continue }
            let state = images[image].states[index.number]
            if state.content != nil { continue }
            let stage = images[image].stages[index.number]
            if let parent = stage.parent { open.append(parent) }
            open += stage.sources
        }
        return needed.sorted()
    }

    /// Gives the step a vertex, or follows another image's step with the same digest.
    private mutating func makeStep(_ index: StageIndex) -> [Effect] {
        guard let digest = images[index.image].states[index.number].digest else { return [] }
        if let maker = makers[digest] {
            images[index.image].states[index.number].fate = .follows(maker)
            if let result = images[maker.image].states[maker.number].result { finishStep(index, result) }
            return []
        }
        makers[digest] = index
        let stage = images[index.image].stages[index.number]
        let parents = ([stage.parent].compactMap { $0 } + stage.sources).compactMap(vertex)
        var batch = Scheduler.StageBatch(first: vertices.next)
        let work = Scheduler.StageWork(slot: .run)
        batch.append(work, parents: Set(parents).sorted())
        images[index.image].states[index.number].fate = .made(run: vertices.append(.run(index)), publish: nil)
        return schedule(.stagesAdded(Self.build, batch))
    }

    /// The vertex after which the content of `index` is known; nil when it is known already.
    func vertex(_ index: StageIndex) -> Scheduler.StageIndex? {
        var index = index
        while true {
            let state = images[index.image].states[index.number]
            if state.content != nil { return nil }
            switch state.fate {
            case .made(let run, let publish): return publish ?? run
            case .follows(let maker): index = maker
            case .unknown, .reused, .remembered, .given:
                guard let parent = images[index.image].stages[index.number].parent else { return nil }
                index = parent
            }
        }
    }

    /// The whole image is published after its last step.
    private mutating func publishWhole(_ image: Int) -> [Effect] {
        guard let last = images[image].last else { return [] }
        var batch = Scheduler.StageBatch(first: vertices.next)
        batch.append(Scheduler.StageWork(slot: .transfer), parents: [vertex(last)].compactMap { $0 })
        _ = vertices.append(.publish(.whole(of: image)))
        return schedule(.stagesAdded(Self.build, batch))
    }

    /// The result of a step, and of every step of this build that follows it.
    mutating func finishStep(_ index: StageIndex, _ result: StageResult) {
        images[index.image].states[index.number].result = result
    }

    /// The content of `index`, put together from the nearest content below and the results since.
    mutating func content(of index: StageIndex) -> StageContent? {
        var chain: [StageIndex] = []
        var current: StageIndex? = index
        var content = StageContent(root: .scratch)
        while let stage = current {
            if let known = images[stage.image].states[stage.number].content {
                content = known
                break
            }
            chain.append(stage)
            current = images[stage.image].stages[stage.number].parent
        }
        for stage in chain.reversed() {
            let definition = images[stage.image].stages[stage.number]
            if definition.work.changesFiles {
                guard let result = result(of: stage) else { return nil }
                content = content.adding(layer: result.layer, of: definition)
            } else {
                content = content.adding(layer: nil, of: definition)
            }
            images[stage.image].states[stage.number].content = content
        }
        return content
    }

    private func result(of index: StageIndex) -> StageResult? {
        let state = images[index.image].states[index.number]
        if case .follows(let maker) = state.fate { return images[maker.image].states[maker.number].result }
        return state.result
    }
}
