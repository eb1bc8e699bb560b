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

    private var machine: BuildMachine
    private let world: World
    private let inbox: AsyncStream<BuildMachine.Event>
    private nonisolated let sender: AsyncStream<BuildMachine.Event>.Continuation
    /// Jobs that run, so that the machine can stop one.
    private var stoppers: [BuildMachine.Job: JobStopper] = [:]

    package init(_ request: BuildRequest, world: World) {
        self.world = world
        machine = BuildMachine(request, node: world.capacity, now: world.now())
        // Never longer than the number of effects under way: each sends one event.
        (inbox, sender) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
    }

    /// Stops the build: what runs is ended, and `run` returns with the reason.
    package nonisolated func stop(_ reason: Scheduler.StopReason) {
        sender.yield(.cancelled(reason))
    }

    /// Builds. Returns when nothing of the build runs any more.
    package func run() async -> BuildOutcome {
        await withDiscardingTaskGroup(returning: BuildOutcome.self) { group in
            for effect in machine.start() { perform(effect, in: &group) }
            for await event in inbox {
                for effect in machine.step(event, now: world.now()) {
                    if case .end(let outcome) = effect {
                        group.cancelAll()
                        return outcome
                    }
                    perform(effect, in: &group)
                }
            }
            return BuildOutcome(records: [], missing: [], failure: "the build was given up")
        }
    }

    private func perform(_ effect: BuildMachine.Effect, in group: inout DiscardingTaskGroup) {
        switch effect {
        case .report(let event): world.report(event)
        case .stop(let job): stoppers[job]?.stop()
        case .run(let job, let order): start(job, in: &group) { [world] in
            .ran(job, try await world.worker.perform(order, report: world.report))
        }
        case .publish(let job, let order): start(job, in: &group) { [world] in
            .published(job, try await world.repo.publish(order))
        }
        case .end: break
        case .list, .name, .lower, .remember, .describe, .keep: ask(effect, in: &group)
        }
    }

    /// Questions to the world; each answers with one event.
    private func ask(_ effect: BuildMachine.Effect, in group: inout DiscardingTaskGroup) {
        let world = world
        let sender = sender
        group.addTask { sender.yield(await Self.answer(effect, world)) }
    }

    private static func answer(_ effect: BuildMachine.Effect, _ world: World) async -> BuildMachine.Event {
        do {
            switch effect {
            case .list: return .listed(try await world.repo.tags())
            case .describe(let stage, let id): return .described(stage, id, try await world.repo.describe(id))
            case .keep(let images):
                try await world.repo.keep(images)
                return .kept
            default: return await answerImage(effect, world)
            }
        } catch {
            return .failed(message: "\(error)")
        }
    }

    private static func answerImage(_ effect: BuildMachine.Effect, _ world: World) async -> BuildMachine.Event {
        switch effect {
        case .name(let image, let arguments):
            do {
                return .named(image: image, try await world.source.name(image: image, arguments: arguments))
            } catch {
                return .imageFailed(image: image, message: "\(error)")
            }
        case .lower(let image, let arguments):
            do {
                return .lowered(image: image, try await world.source.lower(image: image, arguments: arguments))
            } catch {
                return .imageFailed(image: image, message: "\(error)")
            }
        case .remember(let image, let steps):
            do {
                return .remembered(image: image, try await world.worker.remembered(steps))
            } catch {
                return .remembered(image: image, [:])
            }
        default: return .failed(message: "an effect without an answer")
        }
    }

    /// Runs a job that the machine can stop; its end, whatever it is, becomes an event.
    private func start(
        _ job: BuildMachine.Job, in group: inout DiscardingTaskGroup,
        _ work: @escaping @Sendable () async throws -> BuildMachine.Event
    ) {
        let stopper = JobStopper()
        stoppers[job] = stopper
        let sender = sender
        group.addTask {
            let event = await stopper.run(work)
            switch event {
            case .success(let event): sender.yield(event)
            case .failure(let error):
                sender.yield(.jobFailed(job, message: "\(error)", isStopped: error is CancellationError))
            }
        }
    }
}
