// The actor that drives one build: it feeds the machine with what happened and carries out what it answers.
import Digests
package import Reports
package import Scheduling
import Stages

package actor Coordinator {
    /// What a coordinator needs of the world.
    package struct World: Sendable {
        package let source: any ImageSource
        package let repo: any StageRepo
        package let nodes: Nodes
        package let report: @Sendable (BuildEvent) -> Void
        package let now: @Sendable () -> Scheduler.Moment

        package init(
            source: any ImageSource, repo: any StageRepo, nodes: Nodes,
            report: @escaping @Sendable (BuildEvent) -> Void, now: @escaping @Sendable () -> Scheduler.Moment
        ) {
            self.source = source
            self.repo = repo
            self.nodes = nodes
            self.report = report
            self.now = now
        }
    }

    /// The nodes that work for the build.
    package struct Nodes: Sendable {
        /// Those that are there when it begins; the coordinator's own process is one of them, if only to publish.
        package let first: [NodeArrival]
        package let changes: AsyncStream<NodeChange>?
        package let sleep: @Sendable (Duration) async throws -> Void

        /// - Parameter changes: nil where no other node can come or go.
        package init(
            _ first: [NodeArrival], changes: AsyncStream<NodeChange>? = nil,
            sleep: @escaping @Sendable (Duration) async throws -> Void = { _ in }
        ) {
            self.first = first
            self.changes = changes
            self.sleep = sleep
        }
    }

    /// Between two looks at what waits or takes too long.
    private static let tickInterval = Duration.milliseconds(250)
    /// Before a job is tried again: what it missed may have gone with a node of which the coordinator has yet to hear.
    private static let retryPause = Duration.seconds(3)

    /// Questions to the world at once: each may hold a connection, or the files of a context, open.
    private static let questionsMax = 64

    private var machine: BuildMachine
    private let world: World
    private let inbox: AsyncStream<BuildMachine.Event>
    private nonisolated let sender: AsyncStream<BuildMachine.Event>.Continuation
    private var workers: [Scheduler.NodeID: any WorkerLink] = [:]
    /// Jobs that run, so that the machine can stop one.
    private var stoppers: [BuildMachine.Job: JobStopper] = [:]
    /// Those that their workers began with.
    private var begun: Set<BuildMachine.Job> = []
    private var recalled: Set<BuildMachine.Job> = []
    /// Questions that are asked when another is answered, in order.
    private var questions: ArraySlice<BuildMachine.Effect> = []
    private var questionsUnderWay = 0

    package init(_ request: BuildRequest, world: World) {
        self.world = world
        machine = BuildMachine(request, nodes: world.nodes.first, now: world.now())
        for node in world.nodes.first { workers[node.id] = node.worker }
        // Never longer than the number of effects under way, each of which sends one event, and of calls of `stop`.
        (inbox, sender) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
    }

    /// Stops the build: what runs is ended, and `run` returns with the reason.
    package nonisolated func stop(_ reason: Scheduler.StopReason) {
        sender.yield(.cancelled(reason))
    }

    /// Builds. Called once; returns when nothing of the build runs any more.
    package func run() async -> BuildOutcome {
        await withDiscardingTaskGroup(returning: BuildOutcome.self) { group in
            watchNodes(in: &group)
            if let outcome = perform(machine.start(), in: &group) { return outcome }
            for await event in inbox {
                let event = corrected(event)
                note(event, in: &group)
                if let outcome = perform(machine.step(event, now: world.now()), in: &group) {
                    // Questions may be under way that nobody waits for any more.
                    group.cancelAll()
                    return outcome
                }
            }
            return abandoned()
        }
    }

    /// The caller's task was cancelled: the stream ends at once, and so does everything in the group.
    private func abandoned() -> BuildOutcome {
        for effect in machine.step(.cancelled(.shutdown), now: world.now()) {
            if case .end(let outcome) = effect { return outcome }
        }
        let outcome = machine.outcome()
        return BuildOutcome(
            records: outcome.records, missing: outcome.missing,
            failure: outcome.failure ?? BuildMachine.text(.shutdown), durations: outcome.durations,
            mustPlanAgain: false)
    }

    /// Hears of nodes, and of time where work may move between them.
    private func watchNodes(in group: inout DiscardingTaskGroup) {
        guard let changes = world.nodes.changes else { return }
        let (sleep, sender) = (world.nodes.sleep, sender)
        group.addTask {
            for await change in changes {
                switch change {
                case .joined(let node): sender.yield(.nodeJoined(node))
                case .left(let node, let departure, let reason):
                    sender.yield(.nodeLeft(node, departure, reason: reason))
                }
            }
        }
        group.addTask {
            while !Task.isCancelled, (try? await sleep(Self.tickInterval)) != nil { sender.yield(.tick) }
        }
    }

    /// Carries out effects in their order; answers the outcome when the build is over.
    private func perform(
        _ effects: [BuildMachine.Effect], in group: inout DiscardingTaskGroup
    ) -> BuildOutcome? {
        for effect in effects {
            switch effect {
            case .report(let event): world.report(event)
            case .stop(let job): stoppers[job]?.stop()
            case .recall(let job): recall(job)
            case .run(let job, let order): run(job, order, in: &group)
            case .publish(let job, let order):
                start(job, in: &group) { [world] in .published(job, try await world.repo.publish(order)) }
            case .end(let outcome): return outcome
            case .list, .name, .lower, .remember, .describe, .keep:
                questions.append(effect)
                ask(in: &group)
            }
        }
        return nil
    }

    // MARK: Questions

    /// Asks the world as much as it may be asked at once; each question is answered with one event.
    private func ask(in group: inout DiscardingTaskGroup) {
        while questionsUnderWay < Self.questionsMax, let question = questions.popFirst() {
            questionsUnderWay += 1
            let (world, workers, sender) = (world, workers, sender)
            group.addTask { sender.yield(await world.answer(question, workers)) }
        }
    }

    /// What an event says about the work that it ends.
    private func note(_ event: BuildMachine.Event, in group: inout DiscardingTaskGroup) {
        switch event {
        case .ran(let job, _), .published(let job, _), .jobFailed(let job, _, _):
            stoppers[job] = nil
            begun.remove(job)
            recalled.remove(job)
        case .began(let job): begun.insert(job)
        case .nodeJoined(let node): workers[node.id] = node.worker
        case .nodeLeft(let node, .lost, _): workers[node] = nil
        case .supply, .nodeLeft, .tick, .cancelled: break
        case .listed, .named, .lowered, .remembered, .described, .imageFailed, .kept, .failed:
            questionsUnderWay -= 1
            ask(in: &group)
        }
    }

    // MARK: Jobs

    private func recall(_ job: BuildMachine.Job) {
        guard !begun.contains(job), let stopper = stoppers[job] else { return }
        recalled.insert(job)
        stopper.stop()
    }

    /// A job that was taken back did not fail, and nobody wanted it to end for good.
    private func corrected(_ event: BuildMachine.Event) -> BuildMachine.Event {
        // One that began after all was stopped, and is given to somebody again like any other.
        guard case .jobFailed(let job, let message, .stopped) = event, recalled.contains(job), !begun.contains(job)
        else { return event }
        return .jobFailed(job, message: message, .returned)
    }

    private func run(_ job: BuildMachine.Job, _ order: StageOrder, in group: inout DiscardingTaskGroup) {
        guard let worker = workers[job.node] else {
            sender.yield(.jobFailed(job, message: "its node is gone", .retryable))
            return
        }
        let (report, sender) = (world.report, sender)
        start(job, in: &group) {
            let result = try await worker.perform(order) { event in
                switch event {
                case .stageSupply(_, let isUnderWay): sender.yield(.supply(job, isUnderWay: isUnderWay))
                case .stageStarted: sender.yield(.began(job))
                default: break
                }
                report(event)
            }
            return .ran(job, result)
        }
    }

    /// Runs a job that the machine can stop; its end, whatever it is, becomes an event.
    private func start(
        _ job: BuildMachine.Job, in group: inout DiscardingTaskGroup,
        _ work: @escaping @Sendable () async throws -> BuildMachine.Event
    ) {
        let stopper = JobStopper()
        stoppers[job] = stopper
        let (sleep, sender) = (world.nodes.sleep, sender)
        group.addTask {
            let result = await stopper.run {
                do {
                    return try await work()
                } catch let failure as any RetryableFailure {
                    try await sleep(Self.retryPause)
                    throw failure
                }
            }
            switch result {
            case .success(let event): sender.yield(event)
            // What a job that was stopped says about its end is a consequence of the stop.
            case .failure(let error):
                sender.yield(.jobFailed(job, message: message(of: error), end(error, isStopped: stopper.isStopped)))
            }
        }
    }
}

extension Coordinator.World {
    /// Asks a question; its failure is an answer, too.
    fileprivate func answer(
        _ question: BuildMachine.Effect, _ workers: [Scheduler.NodeID: any WorkerLink]
    ) async -> BuildMachine.Event {
        do {
            switch question {
            case .name(let image, let arguments):
                return .named(image: image, try await source.name(image: image, arguments: arguments))
            case .lower(let image, let arguments):
                return .lowered(image: image, try await source.lower(image: image, arguments: arguments))
            case .remember(let image, let steps):
                return .remembered(image: image, await memories(of: steps, workers))
            case .describe(let stage, let id): return .described(stage, id, try await repo.describe(id))
            case .keep(let images):
                try await repo.keep(images)
                return .kept
            case .list: return .listed(try await repo.tags())
            case .run, .publish, .stop, .recall, .report, .end: preconditionFailure("only questions are answered")
            }
        } catch {
            switch question {
            case .name(let image, _), .lower(let image, _):
                return .imageFailed(image: image, message: message(of: error))
            default: return .failed(message: message(of: error))
            }
        }
    }
}

extension Coordinator.World {
    /// What each node remembers, in the order of their numbers. One that can't say so remembers nothing.
    private func memories(
        of steps: [StageDigest], _ workers: [Scheduler.NodeID: any WorkerLink]
    ) async -> [NodeMemory] {
        await withTaskGroup(of: NodeMemory.self) { group in
            for (node, worker) in workers {
                group.addTask { NodeMemory(node: node, steps: (try? await worker.remembered(steps)) ?? [:]) }
            }
            var memories: [NodeMemory] = []
            for await memory in group { memories.append(memory) }
            return memories.sorted { $0.node.raw < $1.node.raw }
        }
    }
}

private func end(_ error: any Error, isStopped: Bool) -> BuildMachine.JobEnd {
    if isStopped { return .stopped }
    if error is any RefusedOrder { return .refused }
    if let missed = error as? any MissedLayer { return .missed(missed.layer) }
    return error is any RetryableFailure ? .retryable : .failed
}

/// A cancellation that nobody asked for has no words of its own.
private func message(of error: any Error) -> String {
    error is CancellationError ? "it was cancelled" : "\(error)"
}
