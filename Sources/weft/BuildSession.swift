// One build from opened project to outcome: the same for `build`, `run` and `export`.
import Building
import Foundation
import Images
import Mesh
import Projects
import Reports
import Scheduling

struct BuildSession {
    let opened: OpenedProject
    let parts: NodeParts
    let flags: BuildFlags

    /// Publications and pulls at once.
    private static let transfersMax = 8

    /// Builds the images that `patterns` select and everything that they need.
    func build(_ patterns: [String]) async throws -> BuildOutcome {
        let selection = try opened.project.select(patterns, finalOnly: flags.finalImagesOnly)
        let images = try ordered(selection.needed)
        parts.report(.planned(sets: sets(selection.needed), limit: limit))
        let supply = try parts.supply(opened.project)
        let table = try parts.table(opened, images.map(\.image))
        let request = BuildRequest(
            project: opened.project.name, images: images, mode: flags.checkBuiltImages ? .check : .build,
            tasksLimit: limit, commit: opened.commit, builder: "weft-" + Weft.version,
            repo: parts.repoName(opened.project))
        let clock = ContinuousClock()
        let start = clock.now
        let world = Coordinator.World(
            source: try parts.source(opened, table), repo: try parts.repo(opened, supply),
            worker: Worker(runner: parts.runner(table, supply)),
            capacity: Scheduler.NodeCapacity(run: limit ?? Self.slots, transfer: Self.transfersMax),
            report: parts.report, now: { Scheduler.Moment(nanoseconds: start.duration(to: clock.now).nanoseconds) })
        let coordinator = Coordinator(request, world: world)
        let signals = StopSignals { coordinator.stop(.user) }
        defer { signals.end() }
        return await coordinator.run()
    }

    /// Stages at once: werf's limit, one with --no-parallel, as many as make sense without a limit.
    private var limit: Int? {
        guard flags.parallel else { return 1 }
        return flags.parallelTasksLimit > 0 ? flags.parallelTasksLimit : nil
    }

    private static var slots: Int { max(4, ProcessInfo.processInfo.activeProcessorCount * 2) }

    /// Dependencies before those that need them.
    private func ordered(_ names: [String]) throws -> [ImageRequest] {
        let sorted = opened.project.sets(of: names).flatMap { $0 }
        let places = Dictionary(sorted.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        return try sorted.map { name in
            guard let image = opened.project.image(named: name) else {
                throw UsageError("no image \"\(name)\" in \(opened.project.configPath)")
            }
            return ImageRequest(
                image: image, platform: NodeParts.platform.description,
                dependencies: image.dependencies.compactMap { places[$0.image] })
        }
    }

    private func sets(_ names: [String]) -> [[PlannedImage]] {
        opened.project.sets(of: names).map { set in
            set.compactMap { name in
                opened.project.image(named: name).map { PlannedImage(name: $0.name, isFinal: $0.final) }
            }
        }
    }
}

extension Duration {
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
