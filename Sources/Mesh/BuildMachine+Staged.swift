// The stages of a staged image: each is looked up by its own name, and published under it.
import Digests
import Planning
import Reports
import Scheduling
import Stages

extension BuildMachine {
    /// Settles every stage that has its name and whose parents are settled.
    ///
    /// A stage is made only while no description of its image is under way: a refused publication takes all that
    /// was chosen on top of it with it, and nothing that was made.
    mutating func settle(_ image: Int) -> [Effect] {
        var effects: [Effect] = []
        while phase == .building, images[image].phase == .building {
            let ready = images[image].takeReady()
            guard !ready.isEmpty else { break }
            for number in ready where images[image].phase == .building {
                effects += settle(StageIndex(image: image, number: number))
            }
        }
        return effects + closeIfFailed(image)
    }

    private mutating func settle(_ index: StageIndex) -> [Effect] {
        guard let digest = images[index.image].states[index.number].digest else { return [] }
        if let below = parentTimestamp(index), let id = choice(of: digest, notBefore: below) {
            images[index.image].settle(index.number, .reused(id))
            images[index.image].chosen(index.number, imageName: imageName(id))
            return describe(index, id)
        }
        guard images[index.image].describing == 0 else {
            images[index.image].deferred.append(index.number)
            return []
        }
        let title = images[index.image].stages[index.number].title
        if request.mode == .check { return miss(index.image, title, digest) }
        guard let maker = makers[digest] else {
            makers[digest] = index
            return make(index)
        }
        images[index.image].settle(index.number, .follows(maker))
        if let published = images[maker.image].states[maker.number].published {
            return take(index, published, StageRecord(reused: published.facts, name: title.keyword))
        }
        follow(maker, index)
        return []
    }

    /// Nil while the parent is being made: then nothing older than it can be chosen.
    private func parentTimestamp(_ index: StageIndex) -> Int64? {
        guard let parent = images[index.image].stages[index.number].parent else { return 0 }
        let state = images[parent.image].states[parent.number]
        if case .given = state.fate { return 0 }
        return state.id?.timestamp
    }

    private func imageName(_ id: StageID) -> String { request.repo + ":" + id.description }

    /// Gives the stage its vertices: one to run it where it changes files, one to publish it.
    private mutating func make(_ index: StageIndex) -> [Effect] {
        let stage = images[index.image].stages[index.number]
        let parents = vertices(before: stage.inputs)
        var batch = Scheduler.StageBatch(first: vertices.next)
        var run: Scheduler.StageIndex?
        if stage.work.changesFiles {
            batch.append(runWork(index), parents: parents)
            run = vertices.append(.run(index))
        }
        images[index.image].underWay += batch.count + 1
        batch.append(publishWork(index), parents: run.map { [$0] } ?? parents)
        let publish = vertices.append(.publish(index))
        images[index.image].settle(index.number, .made(run: run, publish: publish))
        return schedule(.stagesAdded(Self.build, batch))
    }

    /// A stage of the repo is there as it was chosen.
    mutating func confirmStaged(_ index: StageIndex, _ published: PublishedStage) -> [Effect] {
        let title = images[index.image].stages[index.number].title
        images[index.image].states[index.number].published = published
        images[index.image].states[index.number].record = StageRecord(reused: published.facts, name: title.keyword)
        return [.report(.stageReused(title, published.facts))] + settle(index.image) + finishIfDone(index.image)
    }

    /// A stage was published: what waited for its name goes on.
    mutating func take(_ index: StageIndex, _ published: PublishedStage, _ record: StageRecord) -> [Effect] {
        images[index.image].isNew = true
        images[index.image].states[index.number].published = published
        images[index.image].states[index.number].record = record
        images[index.image].chosen(index.number, imageName: published.facts.name)
        return settle(index.image) + finishIfDone(index.image)
    }

    /// A staged image is done when its last stage is in the repo, and all below it are known to be there.
    private mutating func finishIfDone(_ image: Int) -> [Effect] {
        guard images[image].phase == .building, images[image].describing == 0, let last = images[image].last,
            let published = images[image].states[last.number].published
        else { return [] }
        let inner = internalRecords(image)
        let own = inner.isEmpty ? images[image].states.compactMap(\.record) : records(image, of: images[image].name)
        return inner.map { .report(.imageFinished($0)) } + done(image, published, own)
    }

    /// The images inside a staged image, which werf keeps and reports like any other: the stages of its Dockerfile below
    /// the target.
    func internalRecords(_ image: Int) -> [ImageRecord] {
        images[image].internalImages.filter { $0.level > 0 }.compactMap { inner in
            let stages = records(image, of: inner.name)
            guard let facts = images[image].states[inner.last.number].record?.facts else { return nil }
            return ImageRecord(
                name: inner.name, configType: .unknown, repo: request.repo, facts: facts,
                platform: request.images[image].platform, isFinal: false,
                isRebuilt: stages.contains(where: \.isRebuilt),
                duration: stages.reduce(.zero) { $0 + $1.duration }, stages: stages)
        }
    }

    private func records(_ image: Int, of name: String) -> [StageRecord] {
        zip(images[image].stages, images[image].states).compactMap { $0.title.image == name ? $1.record : nil }
    }
}
