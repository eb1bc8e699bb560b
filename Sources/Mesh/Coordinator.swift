// The actor that drives one build: it feeds the machine with what happened and carries out what it answers.
package import Reports
package import Scheduling

package actor Coordinator {
    /// What a coordinator needs of the world.
    package struct World: Sendable {
        package let source: any ImageSource
        package let repo: any StageRepo
        package let worker: any WorkerLink
        package let capacity: Scheduler.NodeCapacity
        package let report: @Sendable (BuildEvent) -> Void
        package let now: @Sendable () -> Scheduler.Moment

        package init(
            source: any ImageSource, repo: any StageRepo, worker: any WorkerLink, capacity: Scheduler.NodeCapacity,
            report: @escaping @Sendable (BuildEvent) -> Void, now: @escaping @Sendable () -> Scheduler.Moment
        ) {
            self.source = source
            self.repo = repo
            self.worker = worker
            self.capacity = capacity
            self.report = report
            self.now = now
        }
    }

    /// Questions to the world at once: each may hold a connection, or the files of a context, open.
    private static let questionsMax = 64

    private var machine: BuildMachine
    private let world: World
    private let inbox: AsyncStream<BuildMachine.Event>
    private nonisolated let sender: AsyncStream<BuildMachine.Event>.Continuation
    /// Jobs that run, so that the machine can stop one.
    private var stoppers: [BuildMachine.Job: JobStopper] = [:]
    /// Questions that are asked when another is answered, in order.
    private var questions: ArraySlice<BuildMachine.Effect> = []
    private var questionsUnderWay = 0

    package init(_ request: BuildRequest, world: World) {
        self.world = world
        machine = BuildMachine(request, node: world.capacity, now: world.now())
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
            if let outcome = perform(machine.start(), in: &group) { return outcome }
            for await event in inbox {
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
            failure: outcome.failure ?? BuildMachine.text(.shutdown), durations: outcome.durations)
    }

    /// Carries out effects in their order; answers the outcome when the build is over.
    private func perform(
        _ effects: [BuildMachine.Effect], in group: inout DiscardingTaskGroup
    ) -> BuildOutcome? {
        for effect in effects {
            switch effect {
            case .report(let event): world.report(event)
            case .stop(let job): stoppers[job]?.stop()
            case .run(let job, let order):
                start(job, in: &group) { [world] in
                    .ran(job, try await world.worker.perform(order, report: world.report))
                }
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
            let (world, sender) = (world, sender)
            group.addTask { sender.yield(await world.answer(question)) }
        }
    }

    /// What an event says about the work that it ends.
    private func note(_ event: BuildMachine.Event, in group: inout DiscardingTaskGroup) {
        switch event {
        case .ran(let job, _), .published(let job, _), .jobFailed(let job, _, _): stoppers[job] = nil
        case .cancelled: break
        case .listed, .named, .lowered, .remembered, .described, .imageFailed, .kept, .failed:
            questionsUnderWay -= 1
            ask(in: &group)
        }
    }

    // MARK: Jobs

    /// Runs a job that the machine can stop; its end, whatever it is, becomes an event.
    private func start(
        _ job: BuildMachine.Job, in group: inout DiscardingTaskGroup,
        _ work: @escaping @Sendable () async throws -> BuildMachine.Event
    ) {
        let stopper = JobStopper()
        stoppers[job] = stopper
        let sender = sender
        group.addTask {
            switch await stopper.run(work) {
            case .success(let event): sender.yield(event)
            // What a job that was stopped says about its end is a consequence of the stop.
            case .failure(let error):
                sender.yield(.jobFailed(job, message: message(of: error), isStopped: stopper.isStopped))
            }
        }
    }
}

extension Coordinator.World {
    /// Asks a question; its failure is an answer, too.
    fileprivate func answer(_ question: BuildMachine.Effect) async -> BuildMachine.Event {
        do {
            switch question {
            case .name(let image, let arguments):
                return .named(image: image, try await source.name(image: image, arguments: arguments))
            case .lower(let image, let arguments):
                return .lowered(image: image, try await source.lower(image: image, arguments: arguments))
            case .remember(let image, let steps):
                // A node that can't say what it remembers remembers nothing.
                return .remembered(image: image, (try? await worker.remembered(steps)) ?? [:])
            case .describe(let stage, let id): return .described(stage, id, try await repo.describe(id))
            case .keep(let images):
                try await repo.keep(images)
                return .kept
            case .list: return .listed(try await repo.tags())
            case .run, .publish, .stop, .report, .end: preconditionFailure("only questions are answered")
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

/// A cancellation that nobody asked for has no words of its own.
private func message(of error: any Error) -> String {
    error is CancellationError ? "it was cancelled" : "\(error)"
}
