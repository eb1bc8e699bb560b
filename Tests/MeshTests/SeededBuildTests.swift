// The real coordinator and worker in simulated worlds, seed by seed: whatever happens, the rules hold and it ends.
import Mesh
import MeshSimulation
import Scheduling
import Stages
import Testing

@Suite struct `Seeded builds` {
    @Test func `without faults everything is built once, and a second build has nothing to do`() {
        Seeds.check { seed in
            report(seed) { clock in await Stories.twice(seed, clock, .none) }
        }
    }

    @Test func `broken publications, other builders and lost steps cost work and never a build`() {
        Seeds.check { seed in
            report(seed) { clock in await Stories.history(seed, clock, .harmless) }
        }
    }

    @Test func `a build with failures ends with one of them`() {
        Seeds.check { seed in
            report(seed) { clock in await Stories.history(seed, clock, .all) }
        }
    }

    @Test func `a build that keeps going does all that does not depend on a failure`() {
        Seeds.check { seed in
            report(seed) { clock in await Stories.failures(seed, clock) }
        }
    }

    @Test func `a failure that images share is the end of each of them`() {
        Seeds.check { seed in
            report(seed) { clock in await Stories.sharedFailures(seed, clock) }
        }
    }

    @Test func `a build that is stopped ends, and nothing goes on`() {
        Seeds.check { seed in
            report(seed) { clock in await Stories.stopped(seed, clock) }
        }
    }

    @Test func `two builders of one project agree on every image`() {
        Seeds.check { seed in
            report(seed) { clock in await Stories.pair(seed, clock) }
        }
    }

    @Test func `nodes die and come back, and the build is done all the same`() {
        Seeds.check { seed in
            report(seed) { clock in await MeshStories.told(seed, clock) }
        }
    }

    @Test func `checks build nothing`() {
        Seeds.check { seed in
            report(seed) { clock in await Stories.checks(seed, clock) }
        }
    }

    @Test func `the same seed gives the same trace`() {
        for seed in UInt64(0)..<50 {
            let traces = (0..<2).map { _ in
                (try? Simulation.run(seed: seed) { clock in await Stories.history(seed, clock, .all).lines }) ?? []
            }
            #expect(traces[0] == traces[1])
            #expect(!traces[0].isEmpty)
        }
    }

    /// Nil when the story kept all rules; otherwise what it broke, and its last lines.
    private func report(_ seed: UInt64, _ story: @escaping @Sendable (SimulatedClock) async -> Told) -> String? {
        do {
            let told = try Simulation.run(seed: seed, story)
            guard let violation = told.violations.first else { return nil }
            return ([violation] + told.lines.suffix(300)).joined(separator: "\n")
        } catch {
            return "\(error)"
        }
    }
}

/// What a story came to.
struct Told: Sendable {
    let violations: [String]
    let lines: [String]
}
