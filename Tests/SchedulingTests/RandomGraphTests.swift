// Random graphs on random meshes: every stage once, never before its parents, limits kept, and always an end.

import Testing

@testable import Scheduling

@Suite struct `Random graphs` {
    @Test func `without faults every stage runs exactly once, after its parents, within all limits`() {
        Seeds.check { seed in
            var story = Story(seed: seed, faults: .none)
            story.run()
            return story.world.violation ?? story.verdict()
        }
    }

    @Test func `with keepGoing only what depends on a failed stage is skipped`() {
        Seeds.check { seed in
            var story = Story(seed: seed &+ 10_000_000, faults: .stages(keepGoing: true))
            story.run()
            return story.world.violation ?? story.verdict()
        }
    }

    @Test func `without keepGoing every stage of a failed build is done, failed or skipped`() {
        Seeds.check { seed in
            var story = Story(seed: seed &+ 20_000_000, faults: .stages(keepGoing: false))
            story.run()
            return story.world.violation ?? story.verdict()
        }
    }

    @Test func `lying clocks, lost nodes, late and doubled reports never break a rule`() {
        Seeds.check { seed in
            var story = Story(seed: seed &+ 30_000_000, faults: .everything)
            story.run()
            return story.world.violation ?? story.verdict()
        }
    }

    @Test func `the same seed gives the same effects`() {
        for seed in UInt64(0)..<20 {
            var (first, second) = (Story(seed: seed, faults: .everything), Story(seed: seed, faults: .everything))
            first.run()
            second.run()
            #expect(first.log == second.log)
            #expect(!first.log.isEmpty)
        }
    }
}
