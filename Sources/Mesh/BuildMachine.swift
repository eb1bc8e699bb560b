// Decides everything in a build: what is named, reused, run, published, and when it ends. Does nothing itself.
package import Digests
import Naming
import Planning
import Projects
package import Reports
package import Scheduling
package import Stages

/// The heart of a coordinator: a plain value that is told what happened and answers what to do.
///
/// An image is opened when the images that it depends on are done, because their names are its arguments. An unstaged
/// image is looked up under one name first, and only taken apart into steps when nobody has it. Every stage is settled
/// once: reused, followed (the same digest is being built for another image), or made.
package struct BuildMachine: Sendable {
    package enum Event: Sendable {
        case listed([String])
        case named(image: Int, NameRule)
        case lowered(image: Int, LoweredImage)
        case remembered(image: Int, [StageDigest: RememberedStep])
        case described(StageIndex, StageID, PublishedStage?)
        case ran(Job, StageResult)
        case published(Job, PublishOutcome)
        case jobFailed(Job, message: String, isStopped: Bool)
        case imageFailed(image: Int, message: String)
        case cancelled(Scheduler.StopReason)
        case kept
        case failed(message: String)
    }

    package enum Effect: Sendable {
        case list
        case name(image: Int, arguments: [String: String])
        case lower(image: Int, arguments: [String: String])
        case remember(image: Int, [StageDigest])
        case describe(StageIndex, StageID)
        case run(Job, StageOrder)
        case publish(Job, PublishOrder)
        case stop(Job)
        case report(BuildEvent)
        case keep([KeptImage])
        case end(BuildOutcome)
    }

    /// One assignment of one piece of work.
    package struct Job: Hashable, Sendable {
        package let vertex: Scheduler.StageIndex
        package let node: Scheduler.NodeID
        package let attempt: Scheduler.Attempt
    }

    static let build = Scheduler.BuildID(0)

    let request: BuildRequest
    var scheduler = Scheduler()
    var namer = Namer()
    var listing = TagListing()
    var images: [ImageState]
    var vertices = VertexTable()
    /// Who makes each digest in this build; others with the same digest follow.
    var makers: [StageDigest: StageIndex] = [:]
    var followers: [StageIndex: [StageIndex]] = [:]
    var now: Scheduler.Moment
    var failure: String?
    var isEnding = false

    package init(_ request: BuildRequest, node: Scheduler.NodeCapacity, now: Scheduler.Moment) {
        self.request = request
        self.now = now
        images = request.images.map { ImageState(request: $0) }
        let limits = Scheduler.BuildLimits(tasksPerNode: request.tasksLimit)
        _ = scheduler.step(.nodeJoined(Scheduler.NodeID(0), node), now: now)
        _ = scheduler.step(.buildAdded(Self.build, limits), now: now)
    }

    package func start() -> [Effect] { [.list] }

    package mutating func step(_ event: Event, now: Scheduler.Moment) -> [Effect] {
        self.now = now
        if isEnding {
            if case .kept = event { return [.end(outcome())] }
            return endingStep(event)
        }
        switch event {
        case .listed(let tags):
            listing = TagListing(tags)
            return openReady()
        case .named(let image, let rule): return named(image, rule)
        case .lowered(let image, let lowered): return self.lowered(image, lowered)
        case .remembered(let image, let steps): return remembered(image, steps)
        case .described(let stage, let id, let published): return described(stage, id, published)
        case .ran(let job, let result): return ran(job, result)
        case .published(let job, let outcome): return published(job, outcome)
        case .jobFailed(let job, let message, let isStopped): return jobFailed(job, message, isStopped: isStopped)
        case .imageFailed(let image, let message):
            return fail("image \(request.images[image].image.displayName): \(message)")
        case .failed(let message): return fail(message)
        case .cancelled(let reason): return schedule(.cancelled(Self.build, reason))
        case .kept: return []
        }
    }

    /// Opens every image whose dependencies are done.
    mutating func openReady() -> [Effect] {
        var effects: [Effect] = []
        for index in images.indices where images[index].phase == .waiting {
            let dependencies = request.images[index].dependencies
            let published = dependencies.compactMap { images[$0].published }
            guard published.count == dependencies.count else { continue }
            images[index].phase = .opening
            images[index].startedAt = now
            images[index].arguments = arguments(of: index, published)
            effects.append(.report(.imageStarted(image: images[index].name)))
            let arguments = images[index].arguments
            effects.append(
                images[index].isStaged
                    ? .lower(image: index, arguments: arguments) : .name(image: index, arguments: arguments))
        }
        return effects
    }

    /// What dependencies give to build arguments (werf.md 1.5).
    private func arguments(of index: Int, _ published: [PublishedStage]) -> [String: String] {
        var arguments: [String: String] = [:]
        for (dependency, stage) in zip(request.images[index].image.dependencies, published) {
            for item in dependency.imports {
                arguments[item.targetBuildArg] =
                    switch item.type {
                    case .imageName: stage.facts.name
                    case .imageTag: stage.facts.tag
                    case .imageRepo: request.repo
                    case .imageID: stage.facts.imageID.description
                    case .imageDigest: stage.facts.manifestDigest?.description ?? ""
                    }
            }
        }
        return arguments
    }

    /// Hands an event to the scheduler and turns its effects into ours.
    mutating func schedule(_ event: Scheduler.Event) -> [Effect] {
        scheduler.step(event, now: now).flatMap { scheduled($0) }
    }

    private mutating func scheduled(_ effect: Scheduler.Effect) -> [Effect] {
        switch effect {
        case .assign(_, let shard, let node, let attempt):
            return shard.flatMap { assign(Job(vertex: $0, node: node, attempt: attempt)) }
        case .stop(_, let vertex, let node, let attempt, _):
            return [.stop(Job(vertex: vertex, node: node, attempt: attempt))]
        case .ended(_, let outcome): return ended(outcome)
        case .recall, .skipped, .failed: return []
        }
    }

    mutating func fail(_ message: String) -> [Effect] {
        if failure == nil { failure = message }
        return schedule(.cancelled(Self.build, .shutdown))
    }

    private mutating func ended(_ outcome: Scheduler.BuildOutcome) -> [Effect] {
        guard !isEnding else { return [] }
        isEnding = true
        switch outcome {
        case .done where failure == nil: return finish()
        case .done, .failed, .cancelled:
            if failure == nil, case .cancelled(let reason) = outcome { failure = Self.text(reason) }
            return [.end(self.outcome())]
        }
    }

    private static func text(_ reason: Scheduler.StopReason) -> String {
        switch reason {
        case .user: "stopped by the user"
        case .deadline: "stopped: the time limit was reached"
        default: "the build was stopped"
        }
    }

    /// All images are done: what werf's cleanup must know is written last.
    private mutating func finish() -> [Effect] {
        guard request.mode == .build else { return [.end(outcome())] }
        let kept = images.compactMap { image in
            image.published.map { KeptImage(name: image.name, stage: $0.id, isNew: image.isRebuilt) }
        }
        return [.keep(kept)]
    }

    /// After the end only a failure of the last writes matters.
    private mutating func endingStep(_ event: Event) -> [Effect] {
        guard case .failed(let message) = event else { return [] }
        failure = failure ?? message
        return [.end(outcome())]
    }

    private func outcome() -> BuildOutcome {
        BuildOutcome(
            records: images.compactMap(\.record), missing: images.flatMap(\.missing), failure: failure)
    }
}

/// What a build came to.
package struct BuildOutcome: Sendable {
    package let records: [ImageRecord]
    /// Stages that a check did not find.
    package let missing: [MissingStage]
    /// Nil when everything was done.
    package let failure: String?
}

package struct MissingStage: Hashable, Sendable {
    package let title: StageTitle
    package let digest: StageDigest
}
