// The steps of an unstaged image: which are remembered, which must run.
import Digests
import Planning
import Reports
import Scheduling
import Stages

extension BuildMachine {
    /// The nodes said which steps they remember: everything the image still needs is handed to the scheduler.
    mutating func remembered(_ image: Int, _ memories: [NodeMemory]) -> [Effect] {
        markKnown(image, memories)
        var effects: [Effect] = []
        var batch = Scheduler.StageBatch(first: vertices.next)
        for number in neededSteps(image) where images[image].stages[number].work.changesFiles {
            if case .remembered = images[image].states[number].fate {
                effects.append(.report(.stepRemembered(images[image].stages[number].title)))
            } else {
                makeStep(StageIndex(image: image, number: number), &batch)
            }
        }
        publishWhole(image, &batch)
        // All at once: what goes first depends on all that waits for it.
        return effects + schedule(.stagesAdded(Self.build, batch))
    }

    /// A step is at hand when its layer is known and what lies below it is at hand, too. A remembered layer counts
    /// only on the layers that it was made on: on a step that was made again, another layer is made.
    private mutating func markKnown(_ image: Int, _ memories: [NodeMemory]) {
        var chains = LayerChains()
        for number in images[image].stages.indices {
            let stage = images[image].stages[number]
            let below = stage.parent.map { images[image].states[$0.number] }
            chains.begin(stage)
            images[image].states[number].isFresh = below?.isFresh ?? false
            guard stage.work.changesFiles else {
                images[image].states[number].isAtHand = below?.isAtHand ?? true
                continue
            }
            guard let digest = images[image].states[number].digest else { continue }
            if makers[digest] != nil {
                images[image].states[number].isFresh = true
            } else if below?.isAtHand ?? true, !images[image].states[number].isFresh {
                noteMemories(of: digest, memories, chains)
            }
            guard let layer = layers[digest] else { continue }
            images[image].states[number].fate = .remembered(layer)
            images[image].states[number].isAtHand = below?.isAtHand ?? true
            chains.add(layer)
        }
    }

    /// Nodes may remember different layers of one step: the first that fits counts, and all that have it.
    private mutating func noteMemories(of digest: StageDigest, _ memories: [NodeMemory], _ chains: LayerChains) {
        for memory in memories {
            guard let step = memory.steps[digest], chains.fits(step) else { continue }
            if layers[digest] == nil { layers[digest] = .some(step.layer) }
            guard hasOtherNodes, let layer = step.layer, layers[digest] == .some(layer) else { continue }
            places.add(layer.diffID, at: memory.node)
        }
    }

    /// From the last step backwards: what is at hand needs nothing more. Ascending.
    private func neededSteps(_ image: Int) -> [Int] {
        guard let last = images[image].last else { return [] }
        var needed: Set<Int> = []
        var open = [last]
        while let index = open.popLast() {
            guard needed.insert(index.number).inserted, !images[image].states[index.number].isAtHand else { continue }
            let stage = images[image].stages[index.number]
            if case .remembered = images[image].states[index.number].fate {
                if let parent = stage.parent { open.append(parent) }
            } else {
                open += stage.inputs
            }
        }
        return needed.sorted()
    }

    /// Gives the step a vertex, or follows another image's step with the same digest.
    private mutating func makeStep(_ index: StageIndex, _ batch: inout Scheduler.StageBatch) {
        guard let digest = images[index.image].states[index.number].digest else { return }
        if let maker = makers[digest] {
            images[index.image].states[index.number].fate = .follows(maker)
            return
        }
        makers[digest] = index
        batch.append(runWork(index), parents: vertices(before: images[index.image].stages[index.number].inputs))
        images[index.image].states[index.number].fate = .made(run: vertices.append(.run(index)), publish: nil)
        images[index.image].underWay += 1
    }

    /// The whole image is published after its last step.
    private mutating func publishWhole(_ image: Int, _ batch: inout Scheduler.StageBatch) {
        guard let last = images[image].last else { return }
        let index = StageIndex.whole(of: image)
        batch.append(publishWork(index), parents: vertices(before: [last]))
        _ = vertices.append(.publish(index))
        images[image].underWay += 1
    }
}
