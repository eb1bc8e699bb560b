// The stories that seeds tell: builds after builds in one world.
import Mesh
import MeshSimulation
import Reports
import Scheduling
import Stages

enum Stories {
    /// A build, and the same build again.
    static func twice(_ seed: UInt64, _ clock: SimulatedClock, _ faults: Faults) async -> Told {
        var random = SeededGenerator(seed: seed)
        let world = SimulatedWorld(seed: seed, clock: clock, faults: faults)
        let project = DrawnProject.drawn(&random)
        var wrong: [String] = []
        let first = await build(project, world, &random)
        if let failure = first.outcome.failure { wrong.append("the first build failed: \(failure)") }
        let again = await build(project, world, &random)
        if let failure = again.outcome.failure { wrong.append("the second build failed: \(failure)") }
        let work = again.run.node.runCount + again.run.repo.publicationCount
        if work > 0 { wrong.append("the second build did \(work) things") }
        if ids(again.outcome) != ids(first.outcome) { wrong.append("the second build chose other stages") }
        return Told(violations: world.violations + wrong, lines: world.lines)
    }

    /// A build in a world where others built before, and much of what they built is gone.
    static func history(_ seed: UInt64, _ clock: SimulatedClock, _ faults: Faults) async -> Told {
        var random = SeededGenerator(seed: seed)
        let world = SimulatedWorld(seed: seed, clock: clock, faults: faults)
        let project = DrawnProject.drawn(&random)
        let before = await build(project, world, &random)
        world.decay(percent: 30)
        let edited = project.edited(&random)
        let after = await build(edited, world, &random, after: [before.run])
        // The node remembers steps of both: a step's layer may be older than the layers it would stand on now.
        world.decay(percent: 60)
        let last = await build(project, world, &random, after: [before.run, after.run])
        let wrong = [before, after, last].flatMap { unexplained($0.outcome, world) }
        return Told(violations: world.violations + wrong, lines: world.lines)
    }

    /// A build that is stopped, or whose task is cancelled, at any moment.
    static func stopped(_ seed: UInt64, _ clock: SimulatedClock) async -> Told {
        var random = SeededGenerator(seed: seed)
        let world = SimulatedWorld(seed: seed, clock: clock, faults: .all)
        let run = BuildRun(DrawnProject.drawn(&random), world, tasksLimit: random.chance(30) ? 1 : nil)
        let delay = Duration.milliseconds(random.below(4_000))
        let outcome =
            random.chance(70)
            ? await run.run(stoppingAfter: delay, .user) : await run.run(cancellingAfter: delay)
        var wrong: [String] = []
        if let failure = outcome.failure {
            let reasons = ["stopped by the user", "the build was stopped"] + world.faultMessages
            if !reasons.contains(where: failure.contains) { wrong.append("nobody knows this reason: \(failure)") }
        }
        return Told(violations: world.violations + wrong, lines: world.lines)
    }

    /// A build that keeps going: what does not depend on a failure is done.
    static func failures(_ seed: UInt64, _ clock: SimulatedClock) async -> Told {
        var random = SeededGenerator(seed: seed)
        let world = SimulatedWorld(seed: seed, clock: clock, faults: .ofImages)
        let project = DrawnProject.drawn(&random).unshared
        let run = BuildRun(project, world, tasksLimit: random.chance(30) ? 1 : nil, keepsGoing: true)
        let outcome = await run.run()
        var wrong: [String] = []
        let done = Set(outcome.records.map(\.name))
        for image in project.images {
            let hasFailed = world.faultMessages.contains { $0.contains(image.name) }
            let isPossible = !hasFailed && image.needs.allSatisfy { done.contains(project.images[$0.image].name) }
            if isPossible != done.contains(image.name) {
                wrong.append(
                    "\(image.name) is \(isPossible ? "not done" : "done"), and should \(isPossible ? "" : "not ")be")
            }
        }
        if (outcome.failure == nil) != world.faultMessages.isEmpty {
            wrong.append("ended as \(outcome.failure ?? "done") after \(world.faultMessages)")
        }
        return Told(violations: world.violations + wrong, lines: world.lines)
    }

    /// The same with images that share stages: it ends, and a build after it does the rest.
    static func sharedFailures(_ seed: UInt64, _ clock: SimulatedClock) async -> Told {
        var random = SeededGenerator(seed: seed)
        let world = SimulatedWorld(seed: seed, clock: clock, faults: .ofImages)
        let project = DrawnProject.drawn(&random)
        let outcome = await BuildRun(project, world, keepsGoing: true).run()
        let isRight = (outcome.failure == nil) == world.faultMessages.isEmpty
        let isWhole = (outcome.failure == nil) == (outcome.records.count == project.images.count)
        let wrong =
            isRight && isWhole ? [] : ["ended as \(outcome.failure ?? "done") with \(outcome.records.count) images"]
        return Told(violations: world.violations + wrong, lines: world.lines)
    }

    /// Two builders of the same project, at the same time, on one registry.
    static func pair(_ seed: UInt64, _ clock: SimulatedClock) async -> Told {
        var random = SeededGenerator(seed: seed)
        let world = SimulatedWorld(seed: seed, clock: clock, faults: .none)
        let project = DrawnProject.drawn(&random)
        async let first = BuildRun(project, world, builder: "first").run()
        async let second = BuildRun(project, world, builder: "second").run()
        let outcomes = await [first, second]
        var wrong = outcomes.compactMap(\.failure)
        if ids(outcomes[0]) != ids(outcomes[1]) { wrong.append("the builders chose different stages") }
        return Told(violations: world.violations + wrong, lines: world.lines)
    }

    static func checks(_ seed: UInt64, _ clock: SimulatedClock) async -> Told {
        var random = SeededGenerator(seed: seed)
        let world = SimulatedWorld(seed: seed, clock: clock, faults: .harmless)
        let project = DrawnProject.drawn(&random)
        if random.chance(70) { _ = await build(project, world, &random) }
        world.decay(percent: 20)
        let run = BuildRun(project, world, mode: .check)
        let outcome = await run.run()
        var wrong = outcome.failure.map { ["a check failed: \($0)"] } ?? []
        if run.node.runCount + run.repo.publicationCount > 0 { wrong.append("a check built something") }
        let missing = Set(outcome.missing.map(\.title.image))
        if outcome.records.count < project.images.count, missing.isEmpty { wrong.append("nobody says what is missing") }
        return Told(violations: world.violations + wrong, lines: world.lines)
    }

    // MARK: Parts

    private static func build(
        _ project: DrawnProject, _ world: SimulatedWorld, _ random: inout SeededGenerator, after: [BuildRun] = []
    ) async -> (run: BuildRun, outcome: BuildOutcome) {
        let capacity = Scheduler.NodeCapacity(run: 1 + random.below(4), transfer: 1 + random.below(3))
        let run = BuildRun(project, world, tasksLimit: random.chance(30) ? 1 : nil, capacity: capacity)
        for earlier in after { run.node.inherit(from: earlier.node, losing: 30) }
        return (run, await run.run())
    }

    private static func unexplained(_ outcome: BuildOutcome, _ world: SimulatedWorld) -> [String] {
        guard let failure = outcome.failure, !world.faultMessages.contains(where: failure.contains) else { return [] }
        return ["the build failed without a fault: \(failure)"]
    }

    private static func ids(_ outcome: BuildOutcome) -> [StageIDs] {
        outcome.records.map { StageIDs(name: $0.name, last: $0.facts.tag) }
    }
}

private struct StageIDs: Hashable {
    let name: String
    let last: String
}
