// Jobs: orders for workers and for the repo, and what came of them.
import Digests
import Naming
import Planning
import Reports
import Scheduling
import Stages

extension BuildMachine {
    /// The order for one vertex.
    mutating func assign(_ job: Job) -> [Effect] {
        switch vertices[job.vertex] {
        case .run(let index): return run(job, index)
        case .publish(let index): return publish(job, index)
        }
    }

    private mutating func run(_ job: Job, _ index: StageIndex) -> [Effect] {
        let stage = images[index.image].stages[index.number]
        guard let parent = parentContent(stage) else {
            return fail("stage \(stage.title) was started before what it is built on")
        }
        var sources: [StageIndex: StageContent] = [:]
        for source in stage.sources { sources[source] = content(of: source) }
        let order = StageOrder(
            stage: index, title: stage.title, digest: images[index.image].states[index.number].digest,
            work: stage.work, parent: parent, sources: sources, isRemembered: stage.publicity == .step)
        return [.run(job, order)]
    }

    private mutating func parentContent(_ stage: Stage) -> StageContent? {
        guard let parent = stage.parent else { return StageContent(root: .scratch) }
        return content(of: parent)
    }

    private mutating func publish(_ job: Job, _ index: StageIndex) -> [Effect] {
        guard let order = index.isWhole ? wholeOrder(index.image) : stagedOrder(index) else {
            return fail("a stage was to be published before it was made")
        }
        return [.report(.publishStarted(order.title, repo: request.repo)), .publish(job, order)]
    }

    private mutating func wholeOrder(_ image: Int) -> PublishOrder? {
        guard let whole = images[image].whole, let last = images[image].last, let content = content(of: last) else {
            return nil
        }
        return PublishOrder(
            stage: .whole(of: image), title: wholeTitle(image), digest: whole.digest, content: content,
            labels: labels(image, whole.digest, whole.rule, parent: nil), parent: nil)
    }

    private mutating func stagedOrder(_ index: StageIndex) -> PublishOrder? {
        let state = images[index.image].states[index.number]
        let stage = images[index.image].stages[index.number]
        guard let digest = state.digest, let below = parentContent(stage) else { return nil }
        let parent = stage.parent.flatMap { images[$0.image].states[$0.number] }.flatMap(Self.id)
        return PublishOrder(
            stage: index, title: stage.title, digest: digest,
            content: below.adding(layer: state.result?.layer, of: stage),
            labels: labels(index.image, digest, stage.rule, parent: parent), parent: parent)
    }

    private static func id(_ state: StageState) -> StageID? {
        if case .reused(let id) = state.fate { return id }
        return state.published?.id
    }

    /// The labels that werf reads (werf.md 2.8).
    private func labels(
        _ image: Int, _ digest: StageDigest, _ rule: NameRule, parent: StageID?
    ) -> [String: String] {
        var labels = [
            "werf": request.project, "werf-version": request.builder,
            "werf-stage-content-digest": DigestFormat.content(of: digest, rule: rule).hex,
        ]
        if !request.commit.isEmpty { labels["werf-project-repo-commit"] = request.commit }
        if let parent { labels["werf.io/parent-stage-id"] = parent.description }
        for dependency in request.images[image].dependencies {
            guard let id = images[dependency].published?.id.description else { continue }
            labels["werf-dependency-stage-id-" + JoinedHash.sha256([id])] = id
        }
        return labels
    }

    mutating func ran(_ job: Job, _ result: StageResult) -> [Effect] {
        guard case .run(let index) = vertices[job.vertex] else { return [] }
        images[index.image].states[index.number].result = result
        let title = images[index.image].stages[index.number].title
        let report = Effect.report(
            .stageRan(title, duration: result.duration, layerByteCount: result.layer?.byteCount))
        return [report] + schedule(.finished(Self.build, job.vertex, job.node, job.attempt, .done))
    }

    mutating func published(_ job: Job, _ outcome: PublishOutcome) -> [Effect] {
        guard case .publish(let index) = vertices[job.vertex] else { return [] }
        let published = outcome.published
        let title = index.isWhole ? wholeTitle(index.image) : images[index.image].stages[index.number].title
        var effects: [Effect] = [
            .report(
                .stagePublished(
                    title, published.facts, duration: outcome.duration, adopted: outcome.isAdopted))
        ]
        if index.isWhole {
            addRecord(
                index.image, "dockerfile", published, isRebuilt: !outcome.isAdopted, duration: outcome.duration)
            effects += done(index.image, published)
        } else {
            let ran = images[index.image].states[index.number].result?.duration ?? .zero
            effects += take(
                index, published, isRebuilt: !outcome.isAdopted, duration: ran + outcome.duration)
            for follower in followers.removeValue(forKey: index) ?? [] {
                effects += take(follower, published, isRebuilt: false, duration: .zero)
            }
        }
        return effects + schedule(.finished(Self.build, job.vertex, job.node, job.attempt, .done))
    }

    mutating func jobFailed(_ job: Job, _ message: String, isStopped: Bool) -> [Effect] {
        let title: StageTitle
        switch vertices[job.vertex] {
        case .run(let index), .publish(let index):
            title = index.isWhole ? wholeTitle(index.image) : images[index.image].stages[index.number].title
        }
        var effects: [Effect] = []
        if isStopped {
            effects.append(.report(.stageStopped(title)))
        } else {
            effects.append(.report(.stageFailed(title, message: message)))
            if failure == nil { failure = "stage \(title): \(message)" }
        }
        let outcome: Scheduler.Outcome = isStopped ? .stopped : .failed(retryable: false)
        effects += schedule(.finished(Self.build, job.vertex, job.node, job.attempt, outcome))
        if !isStopped { effects += schedule(.sealed(Self.build)) }
        return effects
    }
}
