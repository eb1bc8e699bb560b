// One member and the packets that a test sends it.
import MembershipSimulation

// One machine without a mesh: tests play its peers.
@testable import Membership

/// A peer that a test plays.
struct PlayedPeer {
    let name: NodeName
    let signer: FakeSigner
    private(set) var record: MemberRecord

    init?(_ text: String, incarnation: UInt64 = 1) {
        guard let name = NodeName(text) else { return nil }
        self.name = name
        signer = FakeSigner(name)
        record = MemberRecord(
            name: name, incarnation: incarnation, card: SimulatedMesh.card(name), signer: FakeSigner(name))
    }

    func accuses(_ record: MemberRecord, _ charge: Accusation.Charge = .silent) -> News {
        .accusation(Accusation(charge, of: record, by: name, signer: signer))
    }
}

struct LoneMember {
    var swim: Swim
    private(set) var nanoseconds: Int64 = 0
    private(set) var effects: [Swim.Effect] = []
    var clockOffset: Int64 = 0

    init?(_ text: String = "me", known: [PlayedPeer] = [], timing: Timing = Timing()) {
        guard let name = NodeName(text) else { return nil }
        swim = Swim(
            name: name, card: SimulatedMesh.card(name), incarnation: 5, signer: FakeSigner(name), timing: timing,
            known: known.map(\.record), seed: 1,
            at: ClockReading(moment: Moment(nanoseconds: 0), wallMilliseconds: 0))
    }

    mutating func tell(_ event: Swim.Event) {
        let reading = ClockReading(
            moment: Moment(nanoseconds: nanoseconds), wallMilliseconds: nanoseconds / 1_000_000 + clockOffset)
        effects = swim.step(event, at: reading)
    }

    mutating func hear(_ news: [News], from peer: PlayedPeer, _ body: Packet.Body = .gossip) {
        tell(.received(Packet(body, news: news).encoded(), from: peer.name))
    }

    /// Ticks as asked for until `seconds` have passed, and gives all effects of that time.
    mutating func wait(_ seconds: Double) -> [Swim.Effect] {
        let end = nanoseconds + Int64(seconds * 1e9)
        var all: [Swim.Effect] = []
        while swim.wakeAt.nanoseconds <= end {
            nanoseconds = max(swim.wakeAt.nanoseconds, nanoseconds)
            tell(.tick)
            all += effects
        }
        nanoseconds = end
        return all
    }

    /// Time passes, and the machine is not told.
    mutating func skip(_ seconds: Int64) { nanoseconds += seconds * 1_000_000_000 }

    /// Packets of `effects` with the names they go to.
    static func packets(_ effects: [Swim.Effect]) -> [(packet: Packet, to: String)] {
        effects.compactMap { effect in
            guard case .send(let packet, let destination) = effect else { return nil }
            switch destination {
            case .member(let name, _), .stranger(let name): return (packet, name.text)
            case .seed(let address): return (packet, address)
            }
        }
    }

    func state(_ peer: PlayedPeer) -> Swim.State? { swim.state(of: peer.name) }
}
