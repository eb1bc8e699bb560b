// Jobs: orders for workers and for the repo, and what came of them.
import Digests
import Naming
import Planning
import Reports
import Scheduling
import Stages

extension BuildMachine {
    /// The order for one vertex; nil when what it is built on is not there, which is never the case.
    mutating func assign(_ job: Job) -> [Effect]? {
        switch vertices[job.vertex] {
        case .run(let index):
            stageOrder(index).map { order in
                noteUser(job.vertex, of: [order.parent] + order.sources.values)
                let kind = StageAssignment.Kind(order.work)
                return [assigned(job, order.title, kind, order.digest), .run(job, order)]
            }
        case .publish(let index):
            (index.isWhole ? wholeOrder(index.image) : stagedOrder(index)).map { order in
                noteUser(job.vertex, of: [order.content])
                return [
                    assigned(job, order.title, .publish, order.digest),
                    .report(.publishStarted(order.title, repo: request.repo)), .publish(job, order),
                ]
            }
        }
    }

    private func assigned(
        _ job: Job, _ title: StageTitle, _ kind: StageAssignment.Kind, _ digest: StageDigest?
    ) -> Effect {
        .report(
            .assigned(
                title,
                StageAssignment(
                    kind: kind, node: job.node.raw, nodeName: nodeNames[job.node] ?? "", digest: digest)))
    }

    private func stageOrder(_ index: StageIndex) -> StageOrder? {
        let stage = images[index.image].stages[index.number]
        guard let parent = contentBelow(stage) else { return nil }
        var sources: [StageIndex: StageContent] = [:]
        for source in stage.sources {
            guard let content = content(of: source) else { return nil }
            sources[source] = content
        }
        return StageOrder(
            stage: index, title: stage.title, digest: images[index.image].states[index.number].digest,
            work: stage.work, parent: parent, sources: sources, isRemembered: stage.publicity == .step,
            origins: stage.origins?.resolved(images[index.image].namer.text),
            holders: places.holders(of: [parent] + sources.values))
    }

    private func wholeOrder(_ image: Int) -> PublishOrder? {
        guard let whole = images[image].whole, let last = images[image].last, let content = content(of: last) else {
            return nil
        }
        return PublishOrder(
            stage: .whole(of: image), title: wholeTitle(image), digest: whole.digest, content: content,
            labels: labels(image, whole.digest, whole.rule, parent: nil), parent: nil,
            holders: places.holders(of: [content]))
    }

    private func stagedOrder(_ index: StageIndex) -> PublishOrder? {
        let state = images[index.image].states[index.number]
        let stage = images[index.image].stages[index.number]
        guard let digest = state.digest, let below = contentBelow(stage) else { return nil }
        let parent = stage.parent.flatMap { images[$0.image].states[$0.number].id }
        let content = below.adding(layer: state.result?.layer, of: stage)
        return PublishOrder(
            stage: index, title: stage.title, digest: digest, content: content,
            labels: labels(index.image, digest, stage.rule, parent: parent), parent: parent,
            holders: places.holders(of: [content]))
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

    // MARK: Results

    mutating func ran(_ job: Job, _ result: StageResult) -> [Effect] {
        guard case .run(let index) = vertices[job.vertex], running.remove(job) != nil else { return [] }
        noteLayers(of: job, index, result)
        // A copy of it was faster.
        guard images[index.image].states[index.number].result == nil else { return finished(job, .done) }
        let stage = images[index.image].stages[index.number]
        images[index.image].states[index.number].result = result
        images[index.image].states[index.number].node = nodeNames[job.node] ?? ""
        if stage.publicity == .step, let digest = images[index.image].states[index.number].digest {
            // On a layer that was lost with its node something may stand already.
            if let known = layers[digest], known != result.layer, known.map({ places.isUsed($0.diffID) }) ?? false {
                return planAgain("\(stage.title) became another when it was made again") + finished(job, .stopped)
            }
            layers[digest] = .some(result.layer)
        }
        images[index.image].underWay -= 1
        measured[runKey(index)] = result.duration.wholeNanoseconds
        let report = Effect.report(
            .stageRan(stage.title, duration: result.duration, layerByteCount: result.layer?.byteCount))
        return [report] + finished(job, .done) + closeIfFailed(index.image)
    }

    mutating func published(_ job: Job, _ outcome: PublishOutcome) -> [Effect] {
        guard case .publish(let index) = vertices[job.vertex], running.remove(job) != nil else { return [] }
        let published = outcome.published
        var effects: [Effect] = [
            .report(
                .stagePublished(
                    title(of: index), published.facts, duration: outcome.duration, adopted: outcome.isAdopted))
        ]
        let record = record(of: index, outcome)
        images[index.image].underWay -= 1
        if !outcome.isAdopted { measured[publishKey(index)] = outcome.duration.wholeNanoseconds }
        if index.isWhole {
            images[index.image].isNew = true
            effects += done(index.image, published, [record])
        } else {
            effects += take(index, published, record)
        }
        for follower in followers.removeValue(forKey: index) ?? [] {
            images[follower.image].underWay -= 1
            effects +=
                follower.isWhole
                ? takeWhole(follower.image, published)
                : take(follower, published, StageRecord(reused: published.facts, name: title(of: follower).keyword))
        }
        return effects + finished(job, .done)
    }

    /// A stage that was made and published; a whole image is all its steps.
    private func record(of index: StageIndex, _ outcome: PublishOutcome) -> StageRecord {
        let states = index.isWhole ? images[index.image].states : [images[index.image].states[index.number]]
        let results = states.compactMap(\.result)
        return StageRecord(
            name: title(of: index).keyword, facts: outcome.published.facts,
            pulledFrom: results.lazy.compactMap(\.pulledFrom).first ?? outcome.pulledFrom,
            isRebuilt: !outcome.isAdopted, nodes: Set(states.compactMap(\.node)).sorted(),
            duration: results.reduce(outcome.duration) { $0 + $1.duration })
    }

    mutating func began(_ job: Job) -> [Effect] {
        guard running.contains(job) else { return [] }
        return schedule(.started(Self.build, job.node, job.attempt))
    }

    mutating func supply(_ job: Job, _ isUnderWay: Bool) -> [Effect] {
        guard running.contains(job) else { return [] }
        return schedule(.supply(Self.build, job.node, job.attempt, isUnderWay: isUnderWay))
    }

    mutating func jobFailed(_ job: Job, _ message: String, _ end: JobEnd) -> [Effect] {
        guard running.remove(job) != nil else { return [] }
        places.remove(user: job.vertex)
        let title = title(of: job.vertex)
        switch end {
        case .stopped: return [.report(.stageStopped(title))] + finished(job, .stopped)
        case .returned:
            troubles[job.vertex] = message
            return [.report(.stageStopped(title))] + schedule(.returned(Self.build, job.node, job.attempt))
        case .refused:
            // Until it is heard of again the node gets nothing more: it would refuse that, too.
            troubles[job.vertex] = message
            return [.report(.stageStopped(title))] + schedule(.nodeLeft(job.node, .draining))
                + schedule(.returned(Self.build, job.node, job.attempt))
        case .missed(let layer): return missed(layer, job, message)
        case .retryable:
            troubles[job.vertex] = message
            let place = nodeNames[job.node].map { $0.isEmpty ? "" : " on \($0)" } ?? ""
            return [.report(.stageStopped(title)), .report(.warning("\(title)\(place): \(message)"))]
                + finished(job, .failed(retryable: true))
        case .failed:
            if !request.keepsGoing { phase = .stopping }
            if failure == nil { failure = "stage \(title): \(message)" }
            return [.report(.stageFailed(title, message: message))] + finished(job, .failed(retryable: false))
        }
    }

    /// No try of the vertex succeeded: a failure that was told already, or the last of several tries.
    mutating func gaveUp(_ vertex: Scheduler.StageIndex) -> [Effect] {
        guard let message = troubles.removeValue(forKey: vertex) else { return [] }
        if !request.keepsGoing { phase = .stopping }
        if failure == nil { failure = "stage \(title(of: vertex)): \(message)" }
        return [.report(.stageFailed(title(of: vertex), message: message))]
    }

    func title(of vertex: Scheduler.StageIndex) -> StageTitle {
        switch vertices[vertex] {
        case .run(let index), .publish(let index): title(of: index)
        }
    }

    mutating func finished(_ job: Job, _ outcome: Scheduler.Outcome) -> [Effect] {
        schedule(.finished(Self.build, job.vertex, job.node, job.attempt, outcome))
    }

    func title(of index: StageIndex) -> StageTitle {
        index.isWhole ? wholeTitle(index.image) : images[index.image].stages[index.number].title
    }
}

extension StageAssignment.Kind {
    init(_ work: StageWork) {
        self =
            switch work {
            case .run: .run
            case .copy: .copy
            case .makeDirectory: .makeDirectory
            case .config, .base, .collect: .config
            }
    }
}

extension Duration {
    var wholeNanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
