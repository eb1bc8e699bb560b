// One build from opened project to outcome: the same for `build`, `run` and `export`.
import BlobStore
import Building
import Foundation
import Git
import Images
import Mesh
import Peering
import Projects
import Publishing
import Reports
import Scheduling

struct BuildSession {
    let opened: OpenedProject
    let parts: NodeParts
    let flags: BuildFlags

    /// Publications and pulls at once.
    private static let transfersMax = 8
    /// Builds after one that met a broken stage, as in werf (werf.md 3.5).
    private static let retriesMax = 3

    /// What a build was asked for, read and not yet acted on.
    private struct Reading: Sendable {
        let images: [ImageRequest]
        let table: ImageTable
        let sets: [[PlannedImage]]
    }

    /// Builds the images that `patterns` select and everything that they need.
    func build(_ patterns: [String]) async throws -> BuildOutcome {
        let reading = try opened.changes.reading { try read(patterns) }
        try opened.changes.settle()
        parts.report(.planned(sets: reading.sets, limit: limit))
        guard let client = try MeshClient.open(parts.flags.mesh, parts.logger) else {
            return try await attempts(reading, nil)
        }
        return try await client.run { try await attempts(reading, client) }
    }

    /// - Parameter client: nil where this host builds alone.
    private func attempts(_ reading: Reading, _ client: MeshClient?) async throws -> BuildOutcome {
        for _ in 0..<Self.retriesMax {
            let (outcome, isWorthAnother) = try await attempt(reading.images, reading.table, client)
            guard outcome.failure != nil, isWorthAnother, !parts.signals.isStopped else { return outcome }
            parts.report(.warning("building again without what was rejected or lost"))
        }
        return try await attempt(reading.images, reading.table, client).outcome
    }

    private func read(_ patterns: [String]) throws -> Reading {
        let selection = try opened.project.select(patterns, finalOnly: flags.finalImagesOnly)
        let images = try opened.requests(selection.needed)
        try refuseDigestsOfLocalImages(images.map(\.image))
        let table = try parts.table(opened, images.map(\.image))
        try table.checkSecrets()
        let source = try parts.source(opened, table)
        let sets = BuildPlan(opened.project, images, source).sets(selection.needed)
        // git needs one of the processors only: the other would be idle.
        for (number, request) in images.enumerated() where request.dependencies.isEmpty && !request.image.staged {
            guard opened.changes.isLooking else { break }
            source.nameAhead(image: number)
        }
        return Reading(images: images, table: table, sets: sets)
    }

    /// Builds once; stages of the repo that turned out to be broken on the way are marked as rejected.
    private func attempt(
        _ images: [ImageRequest], _ table: ImageTable, _ client: MeshClient?
    ) async throws -> (outcome: BuildOutcome, isWorthAnother: Bool) {
        guard let client else {
            let supply = try parts.supply(opened.project)
            let here = NodeArrival(
                id: BuildMachine.ownNode, name: "",
                capacity: .init(run: limit ?? Self.slots, transfer: Self.transfersMax),
                worker: Worker(runner: parts.runner(table, supply)))
            return try await attempt(
                images, table, supply, try parts.repo(opened, supply), nodes: Coordinator.Nodes([here]))
        }
        let mesh = MeshBuild(client, parts, parts.logger)
        let supply = try parts.supply(opened.project, elsewhere: mesh.layers)
        let nodes = try await mesh.join(
            Worker(runner: parts.runner(table, supply)), slots: limit ?? Self.slots, transfers: Self.transfersMax,
            supply,
            table)
        let ledger =
            parts.isLocal
            ? nil
            : try await mesh.ledger(of: parts.repository().description, patience: flags.publishPatience())
        let repo = MeshRepo(repo: try parts.repo(opened, supply, ledger: ledger), note: mesh.note)
        return try await mesh.nodes.watched { try await attempt(images, table, supply, repo, nodes: nodes) }
    }

    private func attempt(
        _ images: [ImageRequest], _ table: ImageTable, _ supply: LayerSupply, _ repo: any RejectingRepo,
        nodes: Coordinator.Nodes
    ) async throws -> (outcome: BuildOutcome, isWorthAnother: Bool) {
        let learned = LearnedDurations(root: parts.store.root, project: opened.project.name, report: parts.report)
        let request = BuildRequest(
            project: opened.project.name, images: images, mode: flags.checkBuiltImages ? .check : .build,
            tasksLimit: limit, keepsGoing: flags.keepGoing, durations: learned.read(), commit: opened.commit,
            builder: "weft-" + Weft.version,
            repo: parts.repoName(opened.project), beganAt: NodeParts.now())
        let clock = ContinuousClock()
        let start = clock.now
        let source = RecordingSource(try parts.source(opened, table))
        let world = Coordinator.World(
            source: source, repo: repo, nodes: nodes, report: parts.report,
            now: { Scheduler.Moment(nanoseconds: start.duration(to: clock.now).nanoseconds) })
        let coordinator = Coordinator(request, world: world)
        parts.signals.call { coordinator.stop(.user) }
        let outcome = await coordinator.run()
        remember(outcome, images, source)
        learned.add(outcome.durations)
        let broken = supply.broken.take()
        for (stage, reason) in broken { try await repo.reject(stage, reason: reason) }
        return (outcome, !broken.isEmpty || outcome.mustPlanAgain)
    }

    /// A manifest digest exists in a registry only.
    private func refuseDigestsOfLocalImages(_ images: [DockerfileImage]) throws {
        guard parts.isLocal else { return }
        for image in images {
            for item in image.dependencies.flatMap(\.imports) where item.type == .imageDigest {
                throw UsageError(
                    "\(image.location): \(item.targetBuildArg) of image \(image.displayName) is an ImageDigest, which "
                        + "only a registry gives: use --repo, or another type")
            }
        }
    }

    /// Stages at once: werf's limit, one with --no-parallel, as many as make sense without a limit.
    private var limit: Int? {
        guard flags.parallel else { return 1 }
        return flags.parallelTasksLimit > 0 ? flags.parallelTasksLimit : nil
    }

    private static var slots: Int { max(4, ProcessInfo.processInfo.activeProcessorCount * 2) }
}

extension Duration {
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
