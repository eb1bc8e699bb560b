// Stories of builds over several nodes, which die, come back, drain and join while the build runs.
import Mesh
import MeshSimulation
import Reports
import Scheduling
import Stages

enum MeshStories {
    /// Builds after a build that lost what only a new plan can mend.
    private static let plansMax = 4

    /// Nodes come and go; the build ends with everything done, as on one node.
    static func told(_ seed: UInt64, _ clock: SimulatedClock) async -> Told {
        var random = SeededGenerator(seed: seed)
        var faults = Faults.harmless
        // Work that a dead node was given ends only when it is stopped.
        faults.deafWork = 0
        faults.lateAnswers = random.chance(30) ? 10 : 0
        let world = SimulatedWorld(seed: seed, clock: clock, faults: faults)
        let project = DrawnProject.drawn(&random)
        var wrong: [String] = []
        var before: BuildRun?
        for plan in 1...plansMax {
            let story = MeshStory(project, world, after: before, &random, isCalm: plan == plansMax)
            let outcome = await story.run(&random)
            before = story.build
            if let failure = outcome.failure, outcome.mustPlanAgain, plan < plansMax {
                world.say("planned again: \(failure)")
                continue
            }
            if let failure = outcome.failure, story.deaths < 3 { wrong.append("the build failed: \(failure)") }
            break
        }
        return Told(violations: world.violations + wrong, lines: world.lines)
    }
}

/// One build and what happens to its nodes meanwhile.
private struct MeshStory {
    enum Happening: Sendable {
        case crash(SimulatedNode, returns: Bool)
        case drain(SimulatedNode)
    }

    let build: BuildRun
    private let mesh: SimulatedMesh
    private let world: SimulatedWorld
    private let capacity: Scheduler.NodeCapacity
    private let happenings: [(after: Duration, what: Happening)]

    var deaths: Int { happenings.count { if case .crash = $0.what { true } else { false } } }

    init(
        _ project: DrawnProject, _ world: SimulatedWorld, after before: BuildRun?, _ random: inout SeededGenerator,
        isCalm: Bool
    ) {
        self.world = world
        let mesh = SimulatedMesh(world)
        self.mesh = mesh
        capacity = Scheduler.NodeCapacity(run: 1 + random.below(3), transfer: 1 + random.below(3))
        build = BuildRun(project, world, capacity: capacity, mesh: mesh, others: 1 + random.below(4))
        for (node, earlier) in zip([build.node] + build.others, before.map { [$0.node] + $0.others } ?? []) {
            node.inherit(from: earlier, losing: 30)
        }
        var happenings: [(Duration, Happening)] = []
        for node in build.others where !isCalm && random.chance(60) {
            let what: Happening = random.chance(70) ? .crash(node, returns: random.chance(50)) : .drain(node)
            happenings.append((.milliseconds(random.below(4_000)), what))
        }
        self.happenings = happenings
    }

    func run(_ random: inout SeededGenerator) async -> BuildOutcome {
        await withTaskGroup(of: BuildOutcome?.self) { group in
            group.addTask { await build.run() }
            group.addTask {
                // Longer than any build: one that waits for ever is told as stopped.
                guard (try? await world.clock.sleep(for: .seconds(7_200))) != nil else { return nil }
                build.coordinator.stop(.user)
                return nil
            }
            for happening in happenings {
                group.addTask {
                    try? await world.clock.sleep(for: happening.after)
                    await happen(happening.what)
                    return nil
                }
            }
            var outcome: BuildOutcome?
            while let next = await group.next() {
                guard let next else { continue }
                outcome = next
                group.cancelAll()
            }
            guard let outcome else { preconditionFailure("a build always has an outcome") }
            return outcome
        }
    }

    private func happen(_ what: Happening) async {
        switch what {
        case .drain(let node): mesh.drain(node.id)
        case .crash(let node, let returns):
            await mesh.crash(node.id)
            node.forget()
            guard returns else { return }
            try? await world.clock.sleep(for: .milliseconds(world.below(2_000)))
            mesh.join(BuildRun.arrival(node, capacity))
        }
    }
}
