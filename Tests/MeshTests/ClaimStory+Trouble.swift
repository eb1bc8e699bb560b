// What happens to the mesh in a story of claims.
import Mesh
import MeshSimulation
import Synchronization

extension ClaimStory {
    func trouble() async {
        switch kind {
        case .agreeing: if chance(60) { await change() }
        case .wild:
            for _ in 0...below(4) {
                try? await pass(below(8_000))
                await wildChange()
            }
        }
    }

    /// One node joins or dies, and within a second all others know.
    private func change() async {
        try? await pass(below(20_000))
        state.withLock { $0.haveHomesMoved = true }
        var members = nodes.filter { !$0.isDown }.map(\.number)
        if chance(60), members.count > 1 {
            let victim = nodes[members.remove(at: below(members.count))]
            say("\(victim.name) dies")
            victim.goDown()
            try? await pass(below(1_000))
        }
        let seen = members
        say("the mesh is \(seen)")
        await withDiscardingTaskGroup { group in
            for number in seen {
                group.addTask {
                    try? await self.pass(self.below(1_000))
                    self.nodes[number].seen.see(seen)
                }
            }
        }
    }

    /// Each node believes what it likes, and its clock may jump.
    private func wildChange() async {
        let node = nodes[below(nodes.count)]
        switch below(3) {
        case 0:
            let believed = nodes.map(\.number).filter { $0 == node.number || chance(70) }
            say("\(node.name) believes \(believed)")
            node.seen.see(believed)
        case 1:
            let jump = Duration.milliseconds(below(100_000))
            say("the clock of \(node.name) jumps by \(jump)")
            node.clock.jump.by.withLock { $0 += jump }
        default:
            guard chance(30), nodes.filter({ !$0.isDown }).count > 1 else { return }
            say("\(node.name) dies")
            node.goDown()
        }
    }
}
