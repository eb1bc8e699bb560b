// One row of the fault table: who is declared dead and lives, while nodes stand still or links lose packets.
import Membership
import MembershipSimulation

enum Fault {
    case none
    /// So many percent of the nodes stand still for 2 to 6 s, others every 15 s.
    case paused(Int)
    /// So many percent of all packets are lost.
    case lossy(Int)

    static let all: [Fault] = [.none, .paused(5), .paused(20), .lossy(5), .lossy(20)]

    var percent: Int {
        switch self {
        case .none: 0
        case .paused(let percent), .lossy(let percent): percent
        }
    }

    var name: String {
        switch self {
        case .none: "none"
        case .paused(let percent): "\(percent) % of nodes paused 2 to 6 s"
        case .lossy(let percent): "\(percent) % of packets lost"
        }
    }
}

struct FaultRow {
    static let header = """
        | nodes | fault | false deaths of healthy nodes, with Lifeguard | without | of paused nodes, with | without | bytes/node/s with | without |
        |---|---|---|---|---|---|---|---|
        """

    private struct Outcome {
        var healthy = 0
        var paused = 0
        var bytes = 0
    }

    private let size: Int
    private let fault: Fault
    private let with: Outcome
    private let without: Outcome

    init(size: Int, fault: Fault, seconds: Int) {
        self.size = size
        self.fault = fault
        with = Self.run(size, fault, seconds, usesLifeguard: true)
        without = Self.run(size, fault, seconds, usesLifeguard: false)
    }

    private static func run(_ size: Int, _ fault: Fault, _ seconds: Int, usesLifeguard: Bool) -> Outcome {
        var timing = Timing()
        timing.usesLifeguard = usesLifeguard
        var choices = SeededChoices(seed: 5)
        var mesh = SimulatedMesh(count: size, seed: UInt64(size), timing: timing)
        mesh.usesBytes = false
        mesh.run(seconds: 20)
        let bytes = mesh.bytesSent
        if case .lossy(let percent) = fault { mesh.links.lossPercent = percent }
        for _ in 0..<max(seconds / 15, 1) {
            if case .paused(let percent) = fault {
                for _ in 0..<max(size * percent / 100, 1) {
                    let node = choices.below(size)
                    mesh.pause(node, seconds: 2 + Double(choices.below(4001)) / 1000)
                }
            }
            mesh.run(seconds: 15)
        }
        var outcome = Outcome(bytes: (mesh.bytesSent - bytes) / size / seconds)
        for death in mesh.falseDeaths {
            if death.isPaused { outcome.paused += 1 } else { outcome.healthy += 1 }
        }
        return outcome
    }

    var line: String {
        "| \(size) | \(fault.name) | \(with.healthy) | \(without.healthy) | \(with.paused) | \(without.paused) "
            + "| \(with.bytes) | \(without.bytes) |"
    }
}
