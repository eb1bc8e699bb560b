// Who holds what: told by differences, asked for whole, forgotten when it was a lie.
import Membership
import MembershipSimulation
import Testing

// Who holds what becomes known to all, is forgotten by all, and lies are noticed.
@testable import Availability

@Suite struct `What nodes hold` {
    @Test func `is known to all some seconds later, nearest first`() {
        var mesh = PlayedMesh(20)
        for number in [7, 3, 12] { mesh.tell(number, .held([heldName(1)])) }
        mesh.run(8)
        for number in 0..<20 {
            let expected = ["n3", "n7", "n12"].filter { $0 != "n\(number)" }
            #expect(mesh.holders(heldName(1), at: number) == expected, "at n\(number)")
        }
        #expect(mesh.holders(heldName(1, .blob), at: 0) == [], "another kind of the same digest")
        #expect(mesh.warnings == [])
    }

    @Test func `is told by differences: removals, too`() {
        var mesh = PlayedMesh(10)
        mesh.tell(1, .held((0..<1000).map { heldName($0) }))
        mesh.run(8)
        let before = mesh.bytesSent
        mesh.tell(1, .dropped([heldName(5)]))
        mesh.tell(1, .held([heldName(5000)]))
        mesh.run(8)
        for number in 2..<10 {
            #expect(mesh.holders(heldName(5), at: number) == [] && mesh.holders(heldName(5000), at: number) == ["n1"])
            #expect(mesh.nodes[number].count(of: mesh.name(1)) == 1000)
        }
        #expect(mesh.bytesSent - before < 30_000, "\(mesh.bytesSent - before) bytes")
    }

    @Test func `comes in pages where it is much`() {
        var mesh = PlayedMesh(3)
        mesh.tell(0, .held((0..<20_000).map { heldName($0) }))
        mesh.run(20)
        #expect(mesh.nodes[1].count(of: mesh.name(0)) == 20_000)
        #expect(mesh.nodes[2].count(of: mesh.name(0)) == 20_000)
        // Two receivers, five bytes a name and a little.
        #expect(mesh.bytesSent < 2 * 20_000 * 7, "\(mesh.bytesSent) bytes")
    }

    @Test func `costs next to nothing when nothing changes`() {
        var mesh = PlayedMesh(50)
        for number in 0..<50 { mesh.tell(number, .held((0..<100).map { heldName(number * 100 + $0) })) }
        mesh.run(25)
        #expect(
            (0..<50).allSatisfy { node in
                (0..<50).allSatisfy { $0 == node || mesh.nodes[node].count(of: mesh.name($0)) == 100 }
            })
        let before = mesh.bytesSent
        mesh.run(20)
        #expect((mesh.bytesSent - before) / 50 / 20 < 20)
    }

    @Test func `reaches a node that was cut off`() {
        var mesh = PlayedMesh(6)
        mesh.run(3)
        mesh.isCut = { from, to in from == 5 || to == 5 }
        for number in 0..<60 {
            mesh.tell(0, .held([heldName(number)]))
            mesh.run(1)
        }
        #expect(mesh.nodes[5].count(of: mesh.name(0)) == 0 && mesh.nodes[4].count(of: mesh.name(0)) > 50)
        mesh.isCut = { _, _ in false }
        mesh.run(15)
        #expect(mesh.nodes[5].count(of: mesh.name(0)) == 60)
    }

    @Test func `is forgotten with the node, and learned again`() {
        var mesh = PlayedMesh(3)
        mesh.tell(0, .held([heldName(1)]))
        mesh.run(5)
        mesh.tell(1, .members(mesh.peers.filter { $0.name != mesh.name(0) }))
        #expect(mesh.holders(heldName(1), at: 1) == [])
        mesh.tell(1, .members(mesh.peers))
        mesh.run(10)
        #expect(mesh.holders(heldName(1), at: 1) == ["n0"])
    }

    @Test func `is told anew by a node that signs with another key`() {
        var mesh = PlayedMesh(4)
        mesh.tell(0, .held((0..<50).map { heldName($0) }))
        mesh.run(6)
        let (name, epoch) = (mesh.name(0), mesh.nodes[0].epoch)
        mesh.tell(0, .rekeyed(FakeSigner.key(of: name)))
        mesh.tell(0, .dropped([heldName(3)]))
        mesh.run(10)
        #expect(mesh.nodes[0].epoch > epoch)
        for number in 1..<4 { #expect(mesh.nodes[number].count(of: name) == 49) }
        #expect(mesh.warnings == [])
    }

    @Test func `of a node that began anew is what it holds now`() {
        var mesh = PlayedMesh(4)
        mesh.tell(0, .held((0..<50).map { heldName($0) }))
        mesh.run(6)
        // Its clock was set back: the same epoch again.
        mesh.nodes[0] = PlayedMesh.node(mesh.name(0), seed: 9)
        mesh.tell(0, .members(mesh.peers))
        mesh.tell(0, .held([heldName(7)]))
        mesh.run(15)
        #expect(mesh.nodes[0].epoch > 1000)
        for number in 1..<4 { #expect(mesh.nodes[number].count(of: mesh.name(0)) == 1) }
    }

    @Test func `that it does not: the lie is forgotten and the liar asked last`() {
        var mesh = PlayedMesh(4)
        for number in 1...3 { mesh.tell(number, .held((0..<10).map { heldName($0) })) }
        mesh.run(6)
        mesh.tell(0, .lie(mesh.name(1), heldName(0)))
        #expect(mesh.holders(heldName(0), at: 0) == ["n2", "n3"])
        mesh.tell(0, .lie(mesh.name(1), heldName(0)))
        mesh.tell(0, .lie(mesh.name(1), heldName(77)))
        #expect(mesh.nodes[0].counts.lies == 1, "what a node does not say is no lie")
        #expect(mesh.holders(heldName(1), at: 0) == ["n1", "n2", "n3"], "one lie may be an accident")
        for number in 1...3 { mesh.tell(0, .lie(mesh.name(1), heldName(number))) }
        #expect(mesh.liars == [mesh.name(1)] && mesh.nodes[0].counts.lies == 4)
        #expect(mesh.holders(heldName(9), at: 0) == ["n2", "n3", "n1"])
        for _ in 0..<AvailabilityLimits.truthsPerLie { mesh.tell(0, .truth(mesh.name(1))) }
        #expect(mesh.holders(heldName(9), at: 0) == ["n1", "n2", "n3"], "it made up for it")
    }

    @Test func `has a bound: the oldest go`() {
        var mesh = PlayedMesh(2)
        mesh.nodes[0].namesLimit = 100
        for number in 0..<150 { mesh.tell(0, .held([heldName(number)])) }
        mesh.run(5)
        #expect(mesh.nodes[0].ownCount == 100 && mesh.nodes[1].count(of: mesh.name(0)) == 100)
        #expect(mesh.holders(heldName(49), at: 1) == [] && mesh.holders(heldName(50), at: 1) == ["n0"])
    }

    @Test func `by all others has a bound: the set that changed longest ago goes`() {
        var mesh = PlayedMesh(4)
        mesh.nodes[3].beliefsLimit = 250
        for number in 0..<3 {
            mesh.tell(number, .held((0..<100).map { heldName(number * 100 + $0) }))
            mesh.run(6)
        }
        #expect(mesh.nodes[3].count(of: mesh.name(0)) == 0 && mesh.nodes[3].counts.droppedSets == 1)
        #expect(mesh.nodes[3].count(of: mesh.name(1)) == 100 && mesh.nodes[3].count(of: mesh.name(2)) == 100)
    }

    @Test func `goes on after many removals`() {
        var mesh = PlayedMesh(2)
        mesh.tell(0, .held([heldName(-1)]))
        for round in 0..<5 {
            let names = (0..<4000).map { heldName(round * 4000 + $0) }
            mesh.tell(0, .held(names))
            mesh.run(2)
            mesh.tell(0, .dropped(names))
            mesh.run(2)
        }
        mesh.run(10)
        #expect(mesh.nodes[0].epoch == 1001 && mesh.nodes[1].count(of: mesh.name(0)) == 1)
    }
}
