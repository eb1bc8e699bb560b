// Calls in drawn worlds, seed by seed: whatever the link does, each call ends in one of the few ways that there are.
import Mesh
import MeshSimulation
import Synchronization
import Testing

@Suite struct `Seeded calls` {
    @Test func `end, whatever happens to the link`() {
        let ends = Mutex<[String: Int]>([:])
        Seeds.check { seed in
            do {
                let story = try Simulation.run(seed: seed) { clock in
                    let story = CallsStory(seed: seed, clock)
                    await story.run()
                    return story
                }
                ends.withLock { $0.merge(story.ends, uniquingKeysWith: +) }
                guard let violation = story.told.violations.first else { return nil }
                return ([violation] + story.told.lines.suffix(200)).joined(separator: "\n")
            } catch {
                return "\(error)"
            }
        }
        // Every way to end was met; so the rules were tried.
        let met = ends.withLock { Set($0.keys) }
        if Seeds.all.count >= 1_000 {
            #expect(met.isSuperset(of: ["card", "gossip", "made", "lost", "late", "busy", "cancelled"]))
        }
    }
}
