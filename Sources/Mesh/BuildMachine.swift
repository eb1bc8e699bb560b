// Decides everything in a build: what is named, reused, run, published, and when it ends. Does nothing itself.
package import Digests
import Planning
import Projects
package import Reports
package import Scheduling
package import Stages

/// The heart of a coordinator: a plain value that is told what happened and answers what to do.
///
/// An image is opened when the images that it depends on are done, because their names are its arguments. An unstaged
/// image is looked up under one name first, and only taken apart into steps when nobody has it. Every stage is settled
/// once: reused, followed (the same digest is being built for another image), or made. A digest has one content in a
/// build, and nothing is made on a publication that was not found to be there.
///
/// After `end` nothing is answered any more. After a failure or a stop nothing new is asked for.
package struct BuildMachine: Sendable {
    package enum Event: Sendable {
        case listed([String])
        case named(image: Int, NameRule)
        case lowered(image: Int, LoweredImage)
        /// What each node that was asked remembers.
        case remembered(image: Int, [NodeMemory])
        /// Nil: the publication can't be used.
        case described(StageIndex, StageID, PublishedStage?)
        case ran(Job, StageResult)
        case published(Job, PublishOutcome)
        /// The worker began with it; before that it waits at its node.
        case began(Job)
        /// What it is built on is on its way to its node, or is there.
        case supply(Job, isUnderWay: Bool)
        case jobFailed(Job, message: String, JobEnd)
        case nodeJoined(NodeArrival)
        case nodeLeft(Scheduler.NodeID, Scheduler.Departure, reason: String)
        /// Time passed: what waits or takes too long is looked at.
        case tick
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
        /// Take the job back from its node if it did not begin.
        case recall(Job)
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

    /// How a job ended that has no result.
    package enum JobEnd: Hashable, Sendable {
        case failed
        /// The fault lies with the node or the way to it: another try may succeed.
        case retryable
        /// A layer that it stands on could not be had.
        case missed(BlobDigest)
        /// Somebody wanted it to end.
        case stopped
        /// It was taken back before it began.
        case returned
        /// Its node does not take it.
        case refused
    }

    enum Phase: Sendable {
        case building
        /// Failed or stopped: what runs is waited for.
        case stopping
        /// All is built, the last tags are being written.
        case keeping
        case over
    }

    static let build = Scheduler.BuildID(0)

    let request: BuildRequest
    var scheduler = Scheduler()
    var listing = TagListing()
    var images: [ImageState]
    var vertices = VertexTable()
    /// Who makes each digest in this build; others with the same digest follow.
    var makers: [StageDigest: StageIndex] = [:]
    /// Who waits for a publication of this build, by its maker.
    var followers: [StageIndex: [StageIndex]] = [:]
    /// The layers of steps, as this build was first told of them or made them: one content for a digest.
    var layers: [StageDigest: LayerName?] = [:]
    var descriptions: [StageID: Description] = [:]
    /// On which nodes the layers lie that no repo has.
    var places = LayerPlaces()
    var nodeNames: [Scheduler.NodeID: String] = [:]
    /// Jobs without an end; what is heard of others comes too late.
    var running: Set<Job> = []
    /// Why the latest try of a vertex came to nothing.
    var troubles: [Scheduler.StageIndex: String] = [:]
    /// Since when stages are ready and no node takes them; nil while one does.
    var idleSince: Scheduler.Moment?
    /// Times that a layer could not be had although nodes should have it.
    var misses: [BlobDigest: Int] = [:]
    /// Something that was counted on is gone in a way that only a new plan can mend.
    var mustPlanAgain = false
    /// Stages, and whole images, that failed or can't be made because one did: who has their digest fails, too.
    var lost: Set<StageIndex> = []
    var durations: ExpectedDurations
    /// Of each image, nanoseconds that are likely to pass after it; empty while nobody asked.
    var expectedAfterImages: [Int64] = []
    /// Nanoseconds that work of this build took, by `DurationKey`.
    var measured: [String: Int64] = [:]
    /// Images that are being opened or built.
    var openCount = 0
    var now: Scheduler.Moment
    var failure: String?
    var phase = Phase.building

    /// Tries of a stage that fails through no fault of its own.
    static let attemptsMax = 4

    /// The node of the coordinator's own process, where stages are published.
    package static let ownNode = Scheduler.NodeID(0)

    package init(_ request: BuildRequest, nodes: [NodeArrival], now: Scheduler.Moment) {
        self.request = request
        self.now = now
        durations = ExpectedDurations(request.durations)
        images = request.images.enumerated().map { ImageState(number: $0, request: $1) }
        for (index, image) in request.images.enumerated() {
            for dependency in image.dependencies { images[dependency].dependents.append(index) }
        }
        let limits = Scheduler.BuildLimits(
            keepGoing: request.keepsGoing, tasksPerNode: request.tasksLimit, attempts: Self.attemptsMax)
        for node in nodes { _ = join(node) }
        _ = scheduler.step(.buildAdded(Self.build, limits), now: now)
    }

    package func start() -> [Effect] { [.list] }

    package mutating func step(_ event: Event, now: Scheduler.Moment) -> [Effect] {
        self.now = now
        switch (phase, event) {
        case (.over, _): return []
        case (.keeping, _): return keepingStep(event)
        case (_, .ran(let job, let result)): return ran(job, result)
        case (_, .published(let job, let outcome)): return published(job, outcome)
        case (_, .jobFailed(let job, let message, let end)): return jobFailed(job, message, end)
        case (_, .began(let job)): return began(job)
        case (_, .supply(let job, let isUnderWay)): return supply(job, isUnderWay)
        case (_, .nodeJoined(let node)): return join(node)
        case (_, .nodeLeft(let node, let departure, let reason)): return leave(node, departure, reason)
        case (_, .tick): return tick()
        case (.building, .cancelled(let reason)): return stop(reason)
        // What was asked before the stop may be answered or fail after it.
        case (.stopping, _): return []
        case (.building, _): return answered(event)
        }
    }

    /// An answer of the world to a question.
    private mutating func answered(_ event: Event) -> [Effect] {
        switch event {
        case .listed(let tags):
            listing = TagListing(tags, now: request.beganAt)
            return warnings() + openFirst()
        case .named(let image, let rule): return named(image, rule)
        case .lowered(let image, let lowered): return self.lowered(image, lowered)
        case .remembered(let image, let steps): return remembered(image, steps)
        case .described(_, let id, let published): return described(id, published)
        case .imageFailed(let image, let message):
            return imageFailed(image, message)
        case .failed(let message): return fail(message)
        case .ran, .published, .began, .supply, .jobFailed, .nodeJoined, .nodeLeft, .tick, .cancelled, .kept:
            return []
        }
    }

    private func warnings() -> [Effect] {
        guard let id = listing.ahead else { return [] }
        let minutes = (id.timestamp - request.beganAt) / 60_000
        return [
            .report(
                .warning(
                    "\(request.repo):\(id) was published \(minutes) minutes ahead of this host's clock: stages of such "
                        + "times are not used. Set the clock of the host that is wrong"))
        ]
    }

    // MARK: The scheduler

    /// Hands an event to the scheduler and turns its effects into ours.
    mutating func schedule(_ event: Scheduler.Event) -> [Effect] {
        var effects: [Effect] = []
        var broken: [Job] = []
        var lost: [Scheduler.StageIndex] = []
        for effect in scheduler.step(event, now: now) {
            switch effect {
            case .assign(_, let shard, let node, let attempt):
                for vertex in shard {
                    let job = Job(vertex: vertex, node: node, attempt: attempt)
                    running.insert(job)
                    if let assigned = assign(job) { effects += assigned } else { broken.append(job) }
                }
            case .stop(_, let vertex, let node, let attempt, _):
                effects.append(.stop(Job(vertex: vertex, node: node, attempt: attempt)))
            case .ended(_, let outcome): effects += ended(outcome)
            case .failed(_, let vertex):
                effects += gaveUp(vertex)
                lost.append(vertex)
            case .skipped(_, let vertex, _): lost.append(vertex)
            case .recall(_, let vertex, let node, let attempt):
                effects.append(.recall(Job(vertex: vertex, node: node, attempt: attempt)))
            }
        }
        // After the loop: the events of one step of the scheduler stay together.
        for job in broken {
            effects += jobFailed(job, "it was started before what it is built on", .failed)
        }
        for vertex in lost where request.keepsGoing { effects += lose(vertex) }
        return effects
    }
}
