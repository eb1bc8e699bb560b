// What can happen to a simulated mesh, and what its nodes see of it.
package import Membership

extension SimulatedMesh {
    // MARK: Faults

    package mutating func kill(_ node: Int) {
        tell("\(nodes[node].name) is killed")
        nodes[node].isUp = false
    }

    /// Starts a node that was killed, with an empty table and an incarnation that may be an old one.
    package mutating func restart(_ node: Int, incarnation: UInt64, seed: Int) {
        tell("\(nodes[node].name) starts again")
        let name = nodes[node].name
        nodes[node].swim = swim(name, incarnation: incarnation, known: [])
        nodes[node].isUp = true
        nodes[node].wakesAt = .max
        wakeUp(node)
        send(.join([Self.address(nodes[seed].name)]), to: node)
    }

    /// As by SIGSTOP: nothing is lost, all comes late.
    package mutating func pause(_ node: Int, seconds: Double) {
        tell("\(nodes[node].name) stands still")
        nodes[node].pausedUntil = now + Int64(seconds * Double(Self.second))
    }

    /// Those below `border` and the others don't hear each other.
    package mutating func split(at border: Int) {
        tell("the network is cut")
        links.side = nodes.indices.map { $0 < border ? 0 : 1 }
    }

    package mutating func heal() {
        tell("the network is whole")
        links.side = nil
        links.cutWays = []
    }

    package mutating func cutWay(from: Int, to: Int) {
        links.cutWays.insert(SimulatedLinks.Way(from: from, to: to))
    }

    // MARK: Views

    package func state(of subject: Int, at observer: Int) -> Swim.State? {
        nodes[observer].swim.state(of: nodes[subject].name)
    }

    /// Whether each node that is up sees exactly those that are up, and none of them accused.
    package func agree() -> Bool {
        let up = nodes.indices.filter { nodes[$0].isUp }
        guard up.allSatisfy({ nodes[$0].swim.presentCount == up.count }) else { return false }
        return up.allSatisfy { observer in up.allSatisfy { state(of: $0, at: observer) == .alive } }
    }
}
