// What must hold in every simulated mesh, over many seeds.
import Membership
import MembershipSimulation
import Testing

@Suite struct `Simulated meshes` {
    @Test func `without faults declare nobody dead`() {
        Seeds.check(12) { seed in
            var mesh = SimulatedMesh(count: 3 + Int(seed * 3 % 60), seed: seed)
            mesh.usesBytes = seed.isMultiple(of: 4)
            mesh.run(seconds: 60)
            guard mesh.falseDeaths.isEmpty else { return "declared dead: \(mesh.falseDeaths[0])" }
            return mesh.agree() ? nil : "they do not agree"
        }
    }

    @Test func `form from one address`() {
        Seeds.check(8) { seed in
            var mesh = SimulatedMesh(count: 2 + Int(seed * 5 % 80), seed: seed, knowsAll: false)
            let seconds = mesh.seconds(atMost: 60) { $0.agree() }
            return seconds == nil ? "not one after a minute" : nil
        }
    }

    @Test func `know in bounded time that a node is dead`() {
        Seeds.check(8) { seed in
            let count = 3 + Int(seed * 27 % 200)
            var mesh = SimulatedMesh(count: count, seed: seed)
            mesh.usesBytes = seed.isMultiple(of: 4)
            mesh.run(seconds: 5)
            mesh.kill(1)
            let timing = Timing()
            let refute = timing.suspicionTime(members: count, confirmations: 0)
            let limit = Double(refute) / 1e9 + 3 * Double(timing.probeInterval) / 1e9 + 15
            let seconds = mesh.seconds(atMost: limit) { mesh in
                mesh.nodes.indices.allSatisfy { $0 == 1 || mesh.state(of: 1, at: $0) == .dead }
            }
            if seconds == nil { return "\(count) nodes, not known to all after \(limit) s" }
            return mesh.falseDeaths.isEmpty ? nil : "declared dead: \(mesh.falseDeaths[0])"
        }
    }

    @Test func `of healed partitions become one`() {
        Seeds.check(6) { seed in
            let count = 6 + Int(seed * 7 % 60)
            var mesh = SimulatedMesh(count: count, seed: seed)
            mesh.usesBytes = seed.isMultiple(of: 4)
            mesh.run(seconds: 2)
            mesh.split(at: count / 3)
            mesh.run(seconds: 90)
            guard !mesh.agree() else { return "the cut was not noticed" }
            mesh.heal()
            let seconds = mesh.seconds(atMost: 120) { $0.agree() }
            return seconds == nil ? "\(count) nodes, not one two minutes later" : nil
        }
    }

    @Test func `take in a node that lost its incarnation`() {
        Seeds.check(12) { seed in
            var mesh = SimulatedMesh(count: 8, seed: seed)
            for _ in 0..<5 {
                mesh.send(.changed(SimulatedMesh.card(mesh.nodes[3].name)), to: 3)
                mesh.run(seconds: 3)
            }
            mesh.kill(3)
            // Sometimes before the others notice.
            mesh.run(seconds: Double(seed % 3) * 15)
            mesh.restart(3, incarnation: 1, seed: 0)
            guard mesh.seconds(atMost: 60, until: { $0.agree() }) != nil else { return "it is not back" }
            return mesh.nodes[3].swim.incarnation > 6 ? nil : "its incarnation is an old one"
        }
    }

    @Test func `settle after everything at once`() {
        Seeds.check(10) { seed in
            var choices = SeededChoices(seed: seed)
            let count = 4 + choices.below(24)
            var mesh = SimulatedMesh(count: count, seed: seed)
            mesh.usesBytes = seed.isMultiple(of: 4)
            mesh.links.lossPercent = choices.below(30)
            mesh.links.duplicatePercent = choices.below(20)
            var dead: Set<Int> = []
            for _ in 0..<12 {
                let node = choices.below(count)
                switch choices.below(8) {
                case 0 where dead.count < count - 2: if dead.insert(node).inserted { mesh.kill(node) }
                case 1:
                    if dead.remove(node) != nil { mesh.restart(node, incarnation: 1, seed: dead.contains(0) ? 1 : 0) }
                case 2: mesh.pause(node, seconds: Double(choices.below(20)))
                case 3: mesh.split(at: choices.below(count))
                case 4: mesh.heal()
                case 5: mesh.cutWay(from: node, to: choices.below(count))
                case 6: mesh.links.slowness[node] = Int64(choices.below(900)) * 1_000_000
                default: mesh.nodes[node].clockOffset = Int64(choices.below(10_000)) - 5000
                }
                mesh.run(seconds: Double(choices.below(12)))
            }
            mesh.heal()
            mesh.links.lossPercent = 0
            mesh.links.slowness = [:]
            guard mesh.seconds(atMost: 300, until: { $0.agree() }) != nil else { return "they do not agree" }
            return nil
        }
    }

    @Test func `send few bytes, however many they are`() {
        var rates: [Int] = []
        for count in [10, 100, 300] {
            var mesh = SimulatedMesh(count: count, seed: 7)
            mesh.usesBytes = false
            mesh.run(seconds: 30)
            let before = mesh.bytesSent
            mesh.run(seconds: 30)
            rates.append((mesh.bytesSent - before) / count / 30)
        }
        #expect(rates.allSatisfy { (1...200).contains($0) }, "\(rates) bytes per node and second")
    }

    @Test func `that lose one packet in twenty declare nobody dead`() {
        Seeds.check(6) { seed in
            var mesh = SimulatedMesh(count: 40, seed: seed)
            mesh.usesBytes = false
            mesh.links.lossPercent = 5
            mesh.run(seconds: 60)
            return mesh.falseDeaths.first.map { "declared dead: \($0)" }
        }
    }

    @Test func `with nodes that stand still for two seconds declare nobody dead`() {
        Seeds.check(6) { seed in
            var choices = SeededChoices(seed: seed)
            var mesh = SimulatedMesh(count: 40, seed: seed)
            mesh.usesBytes = false
            for _ in 0..<6 {
                for _ in 0..<6 { mesh.pause(choices.below(40), seconds: 2) }
                mesh.run(seconds: 10)
            }
            return mesh.falseDeaths.first.map { "declared dead: \($0)" }
        }
    }

    @Test func `give the same story for the same seed`() {
        func story() -> [String] {
            var mesh = SimulatedMesh(count: 12, seed: 5, knowsAll: false)
            mesh.isTold = true
            mesh.links.lossPercent = 20
            mesh.run(seconds: 20)
            mesh.kill(3)
            mesh.run(seconds: 20)
            return mesh.lines
        }
        let first = story()
        #expect(first.count > 100 && first == story())
    }
}
