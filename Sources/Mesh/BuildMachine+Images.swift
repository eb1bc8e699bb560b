// Images: named, looked up, taken apart, done.
import Digests
import Naming
import Planning
import Projects
import Reports
import Scheduling
import Stages

extension BuildMachine {
    /// An unstaged image has its name: it is looked up as a whole.
    mutating func named(_ image: Int, _ rule: NameRule) -> [Effect] {
        let whole = StageIndex.whole(of: image)
        guard case .named(_, let digest)? = namer.step(.added(whole, rule)).first else {
            return fail("image \(images[image].name): its name waits for a stage that does not exist")
        }
        images[image].whole = WholeStage(rule: rule, digest: digest)
        return chooseWhole(image)
    }

    func wholeTitle(_ image: Int) -> StageTitle {
        let config = request.images[image].image
        return StageTitle(
            image: config.name, name: "dockerfile", text: config.dockerfile, place: config.location.description)
    }

    private mutating func chooseWhole(_ image: Int) -> [Effect] {
        guard let whole = images[image].whole else { return [] }
        let candidates = listing.candidates(of: whole.digest).filter { !whole.refused.contains($0) }
        if let id = candidates.first { return [.describe(.whole(of: image), id)] }
        if request.mode == .check { return [miss(image, wholeTitle(image), whole.digest)] + close(image) }
        return [.lower(image: image, arguments: images[image].arguments)]
    }

    /// The answer to `describe`: nil makes the next publication of the digest the candidate.
    mutating func described(_ stage: StageIndex, _ id: StageID, _ published: PublishedStage?) -> [Effect] {
        let image = stage.image
        if stage.isWhole {
            guard let published else {
                images[image].whole?.refused.insert(id)
                return chooseWhole(image)
            }
            let reused = Effect.report(.stageReused(wholeTitle(image), published.facts))
            addRecord(image, "dockerfile", published, isRebuilt: false, duration: .zero)
            return [reused] + done(image, published)
        }
        guard let published else {
            return fail(
                "stage \(images[image].stages[stage.number].title) was in the listing of \(request.repo) and is gone: "
                    + "it is marked as rejected; build again")
        }
        images[image].states[stage.number].published = published
        addRecord(
            image, images[image].stages[stage.number].title.name, published, isRebuilt: false, duration: .zero)
        let reused = Effect.report(.stageReused(images[image].stages[stage.number].title, published.facts))
        return [reused] + finishIfLast(stage)
    }

    mutating func lowered(_ image: Int, _ lowered: LoweredImage) -> [Effect] {
        images[image].phase = .building
        images[image].stages = lowered.stages
        images[image].states = lowered.stages.map { _ in StageState() }
        images[image].last = lowered.last
        var named: [Namer.Effect] = []
        for (number, stage) in lowered.stages.enumerated() {
            let index = StageIndex(image: image, number: number)
            if case .base(let base) = stage.work {
                images[image].states[number].fate = .given
                images[image].states[number].content = StageContent(root: .base(base))
                named += namer.step(.resolved(index, manifest: base.manifestDigest))
            } else {
                named += namer.step(.added(index, stage.rule))
            }
        }
        record(named)
        guard images[image].isStaged else {
            let steps = images[image].states.indices.filter { images[image].stages[$0].work.changesFiles }
            return [.remember(image: image, steps.compactMap { images[image].states[$0].digest })]
        }
        images[image].unsettled = lowered.stages.indices.filter { !images[image].states[$0].isSettled }
        return settle(image)
    }

    /// Writes down the digests that the namer gave.
    mutating func record(_ effects: [Namer.Effect]) {
        for case .named(let stage, let digest) in effects where !stage.isWhole {
            images[stage.image].states[stage.number].digest = digest
        }
    }

    /// An image is done when its last stage is in the repo.
    mutating func finishIfLast(_ stage: StageIndex) -> [Effect] {
        guard stage == images[stage.image].last, let published = images[stage.image].states[stage.number].published
        else { return [] }
        return done(stage.image, published)
    }

    mutating func done(_ image: Int, _ published: PublishedStage) -> [Effect] {
        images[image].published = published
        let nanoseconds = now.nanoseconds - images[image].startedAt.nanoseconds
        let record = ImageRecord(
            name: images[image].name, configType: images[image].isStaged ? .staged : .dockerfile, repo: request.repo,
            facts: published.facts, platform: request.images[image].platform,
            isFinal: request.images[image].image.final, isRebuilt: images[image].isRebuilt,
            duration: .nanoseconds(nanoseconds), stages: images[image].stageRecords)
        images[image].record = record
        return [.report(.imageFinished(record))] + close(image)
    }

    /// Nothing more comes from this image: others may begin, or the build may end.
    mutating func close(_ image: Int) -> [Effect] {
        images[image].phase = .done
        var effects = openReady()
        let isBlocked = { (state: ImageState) in state.phase == .waiting }
        if request.mode == .check, !images.contains(where: { $0.phase == .opening || $0.phase == .building }) {
            for index in images.indices where isBlocked(images[index]) { images[index].phase = .done }
        }
        if images.allSatisfy({ $0.phase == .done }) { effects += schedule(.sealed(Self.build)) }
        return effects
    }

    mutating func miss(_ image: Int, _ title: StageTitle, _ digest: StageDigest) -> Effect {
        images[image].missing.append(MissingStage(title: title, digest: digest))
        return .report(.missing(title, digest: digest))
    }

    mutating func addRecord(
        _ image: Int, _ name: String, _ published: PublishedStage, isRebuilt: Bool, duration: Duration
    ) {
        images[image].isRebuilt = images[image].isRebuilt || isRebuilt
        images[image].stageRecords.append(
            StageRecord(
                name: name, facts: published.facts, source: isRebuilt ? .none : .repo, isBasePulled: false,
                isRebuilt: isRebuilt, duration: duration))
    }
}
