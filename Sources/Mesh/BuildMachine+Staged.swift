// The stages of a staged image: each is looked up by its own name, and published under it.
import Digests
import Naming
import Planning
import Reports
import Scheduling
import Stages

extension BuildMachine {
    /// Settles every stage that has its name and whose parent is settled, in order.
    mutating func settle(_ image: Int) -> [Effect] {
        var effects: [Effect] = []
        var isAdvancing = true
        while isAdvancing {
            isAdvancing = false
            for number in images[image].unsettled {
                let index = StageIndex(image: image, number: number)
                guard let digest = images[image].states[number].digest, isParentSettled(index) else { continue }
                images[image].unsettled.removeAll { $0 == number }
                effects += settle(index, digest)
                isAdvancing = true
                break
            }
        }
        return effects
    }

    private func isParentSettled(_ index: StageIndex) -> Bool {
        let stage = images[index.image].stages[index.number]
        return ([stage.parent].compactMap { $0 } + stage.sources).allSatisfy {
            images[$0.image].states[$0.number].isSettled
        }
    }

    private mutating func settle(_ index: StageIndex, _ digest: StageDigest) -> [Effect] {
        let stage = images[index.image].stages[index.number]
        if let below = parentTimestamp(stage), let id = listing.choice(of: digest, notBefore: below) {
            return reuse(index, id)
        }
        if request.mode == .check { return checkMissed(index, digest) }
        if let maker = makers[digest] {
            images[index.image].states[index.number].fate = .follows(maker)
            if let published = images[maker.image].states[maker.number].published {
                return take(index, published, isRebuilt: false, duration: .zero)
            }
            followers[maker, default: []].append(index)
            return []
        }
        makers[digest] = index
        return make(index)
    }

    /// Nil when the parent is being made: then nothing older than it can be chosen.
    private func parentTimestamp(_ stage: Stage) -> Int64? {
        guard let parent = stage.parent else { return 0 }
        let state = images[parent.image].states[parent.number]
        if case .given = state.fate { return 0 }
        if case .reused(let id) = state.fate { return id.timestamp }
        return state.published?.id.timestamp
    }

    private mutating func reuse(_ index: StageIndex, _ id: StageID) -> [Effect] {
        images[index.image].states[index.number].fate = .reused(id)
        images[index.image].states[index.number].content = StageContent(root: .published(id))
        record(namer.step(.chosen(index, imageName: imageName(id))))
        return [.describe(index, id)]
    }

    private mutating func checkMissed(_ index: StageIndex, _ digest: StageDigest) -> [Effect] {
        let effect = miss(index.image, images[index.image].stages[index.number].title, digest)
        images[index.image].unsettled = []
        return [effect] + close(index.image)
    }

    func imageName(_ id: StageID) -> String { request.repo + ":" + id.description }

    /// Gives the stage its vertices: one to run it where it changes files, one to publish it.
    private mutating func make(_ index: StageIndex) -> [Effect] {
        let stage = images[index.image].stages[index.number]
        let parents = Set(([stage.parent].compactMap { $0 } + stage.sources).compactMap(vertex)).sorted()
        var batch = Scheduler.StageBatch(first: vertices.next)
        var run: Scheduler.StageIndex?
        if stage.work.changesFiles {
            batch.append(Scheduler.StageWork(slot: .run), parents: parents)
            run = vertices.append(.run(index))
        }
        batch.append(Scheduler.StageWork(slot: .transfer), parents: run.map { [$0] } ?? parents)
        let publish = vertices.append(.publish(index))
        images[index.image].states[index.number].fate = .made(run: run, publish: publish)
        return schedule(.stagesAdded(Self.build, batch))
    }

    /// A stage is in the repo: what waited for its name goes on, and those that follow it have it, too.
    mutating func take(
        _ index: StageIndex, _ published: PublishedStage, isRebuilt: Bool, duration: Duration
    ) -> [Effect] {
        images[index.image].states[index.number].published = published
        images[index.image].states[index.number].content = StageContent(root: .published(published.id))
        addRecord(
            index.image, images[index.image].stages[index.number].title.name, published, isRebuilt: isRebuilt,
            duration: duration)
        record(namer.step(.chosen(index, imageName: published.facts.name)))
        var effects = settle(index.image)
        effects += finishIfLast(index)
        return effects
    }
}
