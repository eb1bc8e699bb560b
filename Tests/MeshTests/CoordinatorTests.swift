// The coordinator around the machine: questions are bounded, and an end waits for what is under way.
import Mesh
import MeshSimulation
import Testing

@Suite struct `Coordinator` {
    @Test func `asks the world no more than 64 things at once`() throws {
        var project = DrawnProject()
        project.images = (0..<300).map { .staged("i\($0)", .base("alpine"), .run("\($0)")) }
        let drawn = project
        let (peak, failure) = try Simulation.run(seed: 1) { clock in
            let run = BuildRun(drawn, SimulatedWorld(seed: 1, clock: clock, faults: .none))
            let outcome = await run.run()
            return (run.project.peakOfQuestions, outcome.failure)
        }
        #expect(failure == nil)
        #expect(peak == 64)
    }

    @Test func `ends although answers are under way that nobody waits for`() throws {
        for seed in UInt64(0)..<100 {
            let violations = try Simulation.run(seed: seed) { clock in
                var faults = Faults.none
                faults.failingQuestions = 50
                faults.failingReads = 50
                faults.lateAnswers = 50
                let world = SimulatedWorld(seed: seed, clock: clock, faults: faults)
                var project = DrawnProject()
                project.images = (0..<8).map { .unstaged("i\($0)", .base("alpine"), .run("\($0)")) }
                let outcome = await BuildRun(project, world).run()
                return world.violations + (outcome.failure == nil ? ["nothing failed"] : [])
            }
            #expect(violations == [])
        }
    }

    @Test func `a simulation notices a story that waits for ever`() {
        #expect(throws: SimulationError.stuck(after: .seconds(3))) {
            try Simulation.run(seed: 1) { clock in
                try? await clock.sleep(for: .seconds(3))
                let (stream, sender) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
                for await _ in stream {}
                sender.finish()
            }
        }
    }

    @Test func `time in a simulation passes by itself, forwards`() throws {
        let (first, second) = try Simulation.run(seed: 1) { clock in
            let first = clock.now
            try? await clock.sleep(for: .seconds(3_600))
            return (first, clock.now)
        }
        #expect(first.duration(to: second) == .seconds(3_600))
        #expect(first < second)
    }
}
