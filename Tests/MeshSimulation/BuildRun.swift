// One build of a drawn project in a simulated world: the real actors, over simulated parts.
package import Mesh
import Reports
package import Scheduling
import Stages

/// A builder: its view of the project, its node, and its door to the registry. For one build.
package struct BuildRun: Sendable {
    package let project: SimulatedProject
    package let node: SimulatedNode
    /// Beside the builder's own.
    package let others: [SimulatedNode]
    package let repo: SimulatedRepo
    package let coordinator: Coordinator
    private let world: SimulatedWorld

    package init(
        _ drawn: DrawnProject, _ world: SimulatedWorld, builder: String = "weft", mode: BuildRequest.Mode = .build,
        tasksLimit: Int? = nil, keepsGoing: Bool = false,
        capacity: Scheduler.NodeCapacity = Scheduler.NodeCapacity(run: 3, transfer: 2), mesh: SimulatedMesh? = nil,
        others count: Int = 0
    ) {
        let project = SimulatedProject(drawn, world, builder: builder)
        self.project = project
        self.world = world
        let limit = min(capacity.run, tasksLimit ?? .max)
        node = SimulatedNode(world, project, limit: limit, mesh: mesh)
        others = (0..<count).map {
            SimulatedNode(world, project, limit: limit, id: Scheduler.NodeID(UInt32($0 + 1)), mesh: mesh)
        }
        repo = SimulatedRepo(world, project, limit: capacity.transfer, mesh: mesh)
        let nodes = ([node] + others).map { Self.arrival($0, capacity) }
        coordinator = Coordinator(
            drawn.request(mode, tasksLimit: tasksLimit, keepsGoing: keepsGoing),
            world: Coordinator.World(
                source: project, repo: repo,
                nodes: Coordinator.Nodes(nodes, changes: mesh?.changes) { try await world.clock.sleep(for: $0) },
                report: { event in
                    world.say("\(builder): \(Self.line(event))")
                    if case .stageFailed = event, !keepsGoing { project.noteFailure() }
                },
                now: { world.moment }))
    }

    package static func arrival(_ node: SimulatedNode, _ capacity: Scheduler.NodeCapacity) -> NodeArrival {
        NodeArrival(
            id: node.id, name: node.id == BuildMachine.ownNode ? "" : "n\(node.id.raw)", capacity: capacity,
            worker: Worker(runner: node))
    }

    /// Builds, and checks that nothing goes on afterwards.
    package func run() async -> BuildOutcome {
        let outcome = await coordinator.run()
        project.end()
        let busy = project.asking + node.running + repo.running + others.reduce(0) { $0 + $1.running }
        world.require(busy == 0, "\(busy) things go on after the end")
        world.say("\(project.builder): ended, \(outcome.failure ?? "all done")")
        if outcome.failure == nil { check(outcome) }
        return outcome
    }

    /// Runs the build, and asks it to stop after `delay`.
    package func run(stoppingAfter delay: Duration, _ reason: Scheduler.StopReason) async -> BuildOutcome {
        await withTaskGroup(of: BuildOutcome?.self) { group in
            group.addTask { await run() }
            group.addTask {
                try? await world.clock.sleep(for: delay)
                coordinator.stop(reason)
                return nil
            }
            return await Self.first(&group)
        }
    }

    /// Runs the build in a task that is cancelled after `delay`.
    package func run(cancellingAfter delay: Duration) async -> BuildOutcome {
        await withTaskGroup(of: BuildOutcome?.self) { group in
            group.addTask { await run() }
            try? await world.clock.sleep(for: delay)
            group.cancelAll()
            return await Self.first(&group)
        }
    }

    func require(_ isTrue: Bool, _ rule: @autoclosure () -> String) { world.require(isTrue, rule()) }

    private static func first(_ group: inout TaskGroup<BuildOutcome?>) async -> BuildOutcome {
        var outcome: BuildOutcome?
        while let next = await group.next() {
            guard let next else { continue }
            outcome = next
            group.cancelAll()
        }
        guard let outcome else { preconditionFailure("a build always has an outcome") }
        return outcome
    }

    private static func line(_ event: BuildEvent) -> String {
        switch event {
        case .imageStarted(let image): "image \(image) started"
        case .stageReused(let title, let facts): "reused \(title) as \(facts.tag)"
        case .stepRemembered(let title): "remembered \(title)"
        case .assigned(let title, let assignment): "assigned \(title) to \(assignment.kind) on \(assignment.node)"
        case .stageStarted(let title): "started \(title)"
        case .stageRan(let title, _, let byteCount): "ran \(title), \(byteCount == nil ? "no layer" : "a layer")"
        case .publishStarted(let title, _): "publishing \(title)"
        case .stagePublished(let title, let facts, _, let adopted):
            "published \(title) as \(facts.tag)\(adopted ? ", adopted" : "")"
        case .stageFailed(let title, let message): "failed \(title): \(message)"
        case .stageStopped(let title): "stopped \(title)"
        case .imageFinished(let record): "image \(record.name) finished"
        case .missing(let title, _): "missing \(title)"
        case .warning(let text): "warning: \(text)"
        case .planned, .stageSupply, .stageOutput, .transferred, .detail: "-"
        }
    }
}
