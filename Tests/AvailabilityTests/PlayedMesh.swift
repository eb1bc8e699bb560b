// Some machines of availability that hear each other, for tests.
import Membership
import MembershipSimulation

// A few nodes that tell each other what they hold, in rounds of a second.
@testable import Availability

struct PlayedMesh {
    var nodes: [Holdings] = []
    private(set) var seconds: Int64 = 0
    private(set) var bytesSent = 0
    private(set) var warnings: [String] = []
    private(set) var liars: [NodeName] = []
    private let names: [NodeName]
    /// Packets between these are lost.
    var isCut: (Int, Int) -> Bool = { _, _ in false }

    init(_ count: Int, seed: UInt64 = 1) {
        names = (0..<count).compactMap { NodeName("n\($0)") }
        for (number, name) in names.enumerated() { nodes.append(Self.node(name, seed: seed + UInt64(number))) }
        for number in names.indices { tell(number, .members(peers)) }
    }

    static func node(_ name: NodeName, epoch: UInt64 = 1000, seed: UInt64) -> Holdings {
        Holdings(
            name: name, key: FakeSigner.key(of: name), epoch: epoch, signer: FakeSigner(name), seed: seed,
            at: Moment(nanoseconds: 0))
    }

    var peers: [Holdings.Peer] { names.map { Holdings.Peer(name: $0, key: FakeSigner.key(of: $0)) } }

    func name(_ number: Int) -> NodeName { names[number] }

    /// Tells a node, and delivers all that follows from it.
    mutating func tell(_ number: Int, _ event: Holdings.Event) {
        var waiting: [(to: Int, event: Holdings.Event)] = [(number, event)]
        while let (to, event) = waiting.popLast() {
            for effect in nodes[to].step(event, at: Moment(nanoseconds: seconds * 1_000_000_000)) {
                switch effect {
                case .send(let packet, let peer):
                    let bytes = packet.encoded()
                    bytesSent += bytes.count
                    guard let receiver = names.firstIndex(of: peer), !isCut(to, receiver) else { continue }
                    waiting.insert((receiver, .received(bytes, from: names[to])), at: 0)
                case .liar(let node): liars.append(node)
                case .warn(_, let text): warnings.append(text)
                }
            }
        }
    }

    mutating func run(_ rounds: Int) {
        for _ in 0..<rounds {
            seconds += 1
            for number in nodes.indices { tell(number, .tick) }
        }
    }

    func holders(_ name: HeldName, at node: Int) -> [String] {
        nodes[node].holders(of: name) { Int($0.text.dropFirst()) ?? 0 }.map(\.text)
    }
}

func heldName(_ number: Int, _ kind: HeldName.Kind = .layer) -> HeldName {
    HeldName(kind, (0..<32).map { UInt8(truncatingIfNeeded: number >> (8 * ($0 % 4)) &+ $0) })
}
