// Stories of small meshes, as people would tell them: what happens, and who notices when.
import Membership
import MembershipSimulation
import Testing

@Suite struct `Stories` {
    private func mesh(_ count: Int, _ seed: UInt64 = 4) -> SimulatedMesh {
        var mesh = SimulatedMesh(count: count, seed: seed)
        mesh.isTold = true
        return mesh
    }

    @Test func `a node dies and comes back with an old incarnation`() {
        var mesh = mesh(4)
        mesh.run(seconds: 2)
        mesh.kill(2)
        mesh.run(seconds: 20)
        mesh.restart(2, incarnation: 1, seed: 0)
        mesh.run(seconds: 3)
        #expect(
            mesh.lines == [
                "2.0 s  n2 is killed", "3.4 s  n3: n2 is suspect", "3.4 s  n1: n2 is suspect",
                "3.4 s  n0: n2 is suspect", "6.4 s  n3: n2 is dead", "6.4 s  n1: n2 is dead", "6.4 s  n0: n2 is dead",
                "22.0 s  n2 starts again", "22.0 s  n2: n0 is alive", "22.0 s  n2: n1 is alive",
                "22.0 s  n2: n3 is alive", "22.0 s  n0: n2 is alive", "22.0 s  n1: n2 is alive",
                "22.0 s  n3: n2 is alive",
            ])
        // It went beyond the incarnation that the others had buried.
        #expect(mesh.nodes[2].swim.incarnation == 2 && mesh.agree())
    }

    @Test func `a node that stands still for some seconds says that it lives`() {
        var mesh = mesh(5)
        mesh.run(seconds: 2)
        mesh.pause(3, seconds: 3.5)
        mesh.run(seconds: 12)
        #expect(
            mesh.lines == [
                "2.0 s  n3 stands still", "4.7 s  n1: n3 is suspect", "4.7 s  n2: n3 is suspect",
                "4.7 s  n0: n3 is suspect", "4.8 s  n4: n3 is suspect",
                "5.5 s  n3 warns: stood still for 3069 ms", "5.5 s  n2: n3 is alive", "5.5 s  n4: n3 is alive",
                "5.5 s  n1: n3 is alive", "5.5 s  n0: n3 is alive",
            ])
        #expect(mesh.agree())
    }

    @Test func `a cut in one direction harms nobody, as others reach the node`() {
        var mesh = mesh(6)
        mesh.run(seconds: 2)
        mesh.cutWay(from: 0, to: 1)
        mesh.cutWay(from: 1, to: 0)
        mesh.run(seconds: 60)
        #expect(mesh.lines == [])
    }

    @Test func `a node leaves in order`() {
        var mesh = mesh(3)
        mesh.run(seconds: 2)
        mesh.send(.leave, to: 1)
        mesh.run(seconds: 30)
        #expect(mesh.lines == ["2.0 s  n2: n1 is left", "2.0 s  n0: n1 is left"])
    }

    @Test func `a clock that jumps is noticed by its node`() {
        var mesh = mesh(5)
        mesh.run(seconds: 10)
        mesh.nodes[2].clockOffset = -30_000
        mesh.run(seconds: 20)
        mesh.nodes[2].clockOffset = 0
        mesh.run(seconds: 30)
        let told = mesh.warnings.filter { $0.warning.kind == .clock }
        #expect(told.count == 2 && told.allSatisfy { $0.node == 2 }, "\(mesh.lines)")
        #expect(mesh.falseDeaths.isEmpty && mesh.agree())
    }
}
