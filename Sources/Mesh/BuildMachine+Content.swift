// What stages are made of: put together when it is asked for, so that a long chain is not kept once per stage.
import Digests
import Scheduling
import Stages

extension BuildMachine {
    /// The content of `index`, from the nearest root below and the layers since; nil while a layer is not known.
    func content(of index: StageIndex) -> StageContent? {
        var chain: [StageIndex] = []
        var current: StageIndex? = index
        var root = ContentRoot.scratch
        while let stage = current {
            if let known = self.root(of: stage) {
                root = known
                break
            }
            chain.append(stage)
            current = images[stage.image].stages[stage.number].parent
        }
        var content = StageContent(root: root)
        for stage in chain.reversed() {
            let definition = images[stage.image].stages[stage.number]
            guard let layer = layer(of: stage) else { return nil }
            content = content.adding(layer: layer, of: definition)
        }
        return content
    }

    /// What `stage` is built on.
    func contentBelow(_ stage: Stage) -> StageContent? {
        guard let parent = stage.parent else { return StageContent(root: .scratch) }
        return content(of: parent)
    }

    private func root(of index: StageIndex) -> ContentRoot? {
        if case .base(let base) = images[index.image].stages[index.number].work { return .base(base) }
        return images[index.image].states[index.number].id.map { .published($0) }
    }

    /// The inner nil: the stage has no layer. The outer one: nobody knows yet.
    private func layer(of index: StageIndex) -> LayerName?? {
        guard images[index.image].stages[index.number].work.changesFiles else { return .some(nil) }
        switch images[index.image].states[index.number].fate {
        case .remembered(let layer): return .some(layer)
        case .made: return images[index.image].states[index.number].result.map(\.layer)
        case .follows(let maker): return images[maker.image].states[maker.number].result.map(\.layer)
        case .unknown, .reused, .given: return nil
        }
    }

    /// The vertices after which the contents of `stages` are known.
    ///
    /// A stage that follows another still waits for what lies below itself: a linked copy has the same digest on
    /// different parents.
    func vertices(before stages: [StageIndex]) -> [Scheduler.StageIndex] {
        var found: Set<Scheduler.StageIndex> = []
        var open = stages
        while let index = open.popLast() {
            let state = images[index.image].states[index.number]
            guard !state.isAtHand, state.id == nil else { continue }
            if case .made(let run, let publish) = state.fate {
                if let vertex = publish ?? run { found.insert(vertex) }
                let stage = images[index.image].stages[index.number]
                // What lies below a linked copy may have to be made again without it.
                if publish == nil, stage.work.needsNothingBelow, let parent = stage.parent { open.append(parent) }
                continue
            }
            if case .follows(let maker) = state.fate { open.append(maker) }
            if let parent = images[index.image].stages[index.number].parent { open.append(parent) }
        }
        return found.sorted()
    }
}
