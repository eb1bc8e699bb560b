// Claims in drawn meshes, seed by seed: stages are built once where all agree, and every order ends where nobody does.
import Mesh
import MeshSimulation
import Synchronization
import Testing

@Suite struct `Seeded claims` {
    /// These stories are long: of several seeds one is told in so many.
    private static let step: UInt64 = 4

    private static func tell(_ kind: ClaimStory.Kind) -> [String: Int] {
        let ends = Mutex<[String: Int]>([:])
        Seeds.check { seed in
            guard Seeds.all.count == 1 || seed.isMultiple(of: step) else { return nil }
            do {
                let told = try Simulation.run(seed: seed) { clock in
                    let story = ClaimStory(seed: seed, kind, clock)
                    await story.run()
                    return story.state.withLock { $0 }
                }
                ends.withLock { $0.merge(told.ends, uniquingKeysWith: +) }
                guard let violation = told.violations.first else { return nil }
                return ([violation] + told.lines.suffix(200)).joined(separator: "\n")
            } catch {
                return "\(error)"
            }
        }
        return ends.withLock { $0 }
    }

    /// Also while homes die and move.
    @Test func `build each stage once where live nodes agree`() {
        let ends = Self.tell(.agreeing)
        if Seeds.all.count >= 100 { #expect(Set(ends.keys).isSuperset(of: ["made", "failed", "taken", "cancelled"])) }
    }

    @Test func `end, whatever happens`() {
        let ends = Self.tell(.wild)
        if Seeds.all.count >= 100 { #expect(Set(ends.keys).isSuperset(of: ["made", "failed", "taken", "cancelled"])) }
    }
}
