// The machine of membership, event by event.
import MembershipSimulation
import Testing

// One member at a time: what it believes, whom it asks, and what it does not fall for.
@testable import Membership

@Suite struct `A member` {
    @Test func `takes in who is signed for, and passes it on`() throws {
        let peer = try #require(PlayedPeer("p"))
        var lone = try #require(LoneMember())
        lone.hear([.record(peer.record)], from: peer)
        #expect(lone.state(peer) == .alive)
        #expect(lone.swim.alive.map(\.name.text).sorted() == ["me", "p"])
        let told = LoneMember.packets(lone.wait(1)).flatMap(\.packet.news).map(\.name.text)
        #expect(told.contains("p") && told.contains("me"))
    }

    @Test func `changes nothing for a wrong signature, and counts it`() throws {
        let (good, bad) = (try #require(PlayedPeer("good")), try #require(PlayedPeer("bad")))
        let stranger = try #require(PlayedPeer("stranger"))
        var lone = try #require(LoneMember(known: [good, bad]))
        // A record of another in bad's hand, with a greater incarnation.
        let forged = MemberRecord(
            name: good.name, incarnation: 9, card: SimulatedMesh.card(good.name), signer: bad.signer)
        // An accusation that says it is by good.
        let framed = Accusation(.gone, of: good.record, by: stranger.name, signer: bad.signer)
        let posed = Accusation(.silent, of: bad.record, by: good.name, signer: bad.signer)
        let unknown = MemberRecord(
            name: stranger.name, incarnation: 1, card: SimulatedMesh.card(stranger.name), signer: bad.signer)
        for item: News in [.record(forged), .accusation(framed), .accusation(posed), .record(unknown)] {
            for body: Packet.Body in [.gossip, .rows(BucketSet(), wantsAnswer: false, isPart: false)] {
                lone.hear([item], from: bad, body)
            }
        }
        #expect(lone.state(good) == .alive && lone.state(bad) == .alive && lone.state(stranger) == nil)
        #expect(lone.swim.row(good.name)?.incarnation == 1)
        #expect(lone.swim.counts.wrongSignatures == 6 && lone.swim.counts.unknownAccusers == 2)
    }

    @Test func `suspects who does not answer, asks others first, and then declares it dead`() throws {
        let peers = try (0..<5).map { try #require(PlayedPeer("p\($0)")) }
        var lone = try #require(LoneMember(known: peers))
        var seen: [String] = []
        for effect in lone.wait(14) {
            switch effect {
            case .send(let packet, _):
                if case .request = packet.body, !seen.contains("request") { seen.append("request") }
            case .changed(let row): seen.append("\(row.state)")
            case .warn: break
            }
        }
        #expect(seen.first == "request" && seen.contains("suspect"))
        #expect(lone.swim.localHealth == Timing.healthMax - 1, "it hears nobody: it doubts itself")
        // Nobody confirms: the longest time.
        #expect(!seen.contains("dead"))
        #expect(lone.wait(60).contains { if case .changed(let row) = $0 { row.state == .dead } else { false } })
    }

    @Test func `refutes what it is accused of, once`() throws {
        let peer = try #require(PlayedPeer("p"))
        var lone = try #require(LoneMember(known: [peer]))
        let accusation = peer.accuses(lone.swim.own)
        lone.hear([accusation], from: peer)
        #expect(lone.swim.incarnation == 6 && lone.swim.localHealth == 1)
        lone.hear([accusation], from: peer)
        #expect(lone.swim.incarnation == 6)
        let told = LoneMember.packets(lone.wait(1)).flatMap(\.packet.news)
        #expect(told.contains { if case .record(let record) = $0 { record.incarnation == 6 } else { false } })
    }

    @Test func `is not accused of what it never said`() throws {
        let (peer, other) = (try #require(PlayedPeer("p")), try #require(PlayedPeer("o")))
        var lone = try #require(LoneMember(known: [peer, other]))
        let future = MemberRecord(
            name: other.name, incarnation: .max, card: SimulatedMesh.card(other.name), signer: other.signer)
        lone.hear([peer.accuses(future, .gone)], from: peer)
        #expect(lone.state(other) == .alive)
        let mine = MemberRecord(
            name: lone.swim.own.name, incarnation: .max, card: lone.swim.own.card, signer: peer.signer)
        lone.hear([.record(mine)], from: peer)
        #expect(lone.swim.incarnation == 5)
    }

    @Test func `waits less the more accuse`() throws {
        let peers = try (0..<30).map { try #require(PlayedPeer("p\($0)")) }
        var ends: [Int64] = []
        for accusers in 1...5 {
            var lone = try #require(LoneMember(known: peers))
            for accuser in peers[1...accusers] { lone.hear([accuser.accuses(peers[0].record)], from: accuser) }
            lone.hear([peers[1].accuses(peers[0].record)], from: peers[1])
            ends.append(lone.swim.suspicions[0].endAt.nanoseconds / 1_000_000_000)
        }
        #expect(ends == [26, 15, 9, 4, 4])
    }

    @Test func `clears a suspicion that is refuted`() throws {
        let peers = try (0..<3).map { try #require(PlayedPeer("p\($0)")) }
        var lone = try #require(LoneMember(known: peers))
        lone.hear([peers[1].accuses(peers[0].record)], from: peers[1])
        #expect(lone.state(peers[0]) == .suspect)
        let again = try #require(PlayedPeer("p0", incarnation: 2))
        lone.hear([.record(again.record)], from: peers[2])
        #expect(lone.state(again) == .alive && lone.swim.suspicions.isEmpty)
        // An old accusation means nothing.
        lone.hear([peers[1].accuses(peers[0].record, .gone)], from: peers[1])
        #expect(lone.state(again) == .alive)
    }

    @Test func `tells the suspect in the first place`() throws {
        let peers = try (0..<2).map { try #require(PlayedPeer("p\($0)")) }
        var lone = try #require(LoneMember(known: peers))
        lone.hear([peers[1].accuses(peers[0].record)], from: peers[1])
        lone.hear([], from: peers[0], .ping(sequence: 3))
        guard let answer = LoneMember.packets(lone.effects).first, case .accusation = answer.packet.news.first else {
            Issue.record("no accusation in the answer")
            return
        }
        #expect(answer.to == "p0")
    }

    @Test func `probes for others and says when there is no answer`() throws {
        let peers = try (0..<2).map { try #require(PlayedPeer("p\($0)")) }
        var lone = try #require(LoneMember(known: peers))
        lone.hear([], from: peers[0], .request(sequence: 77, target: peers[1].name))
        guard let ping = LoneMember.packets(lone.effects).first, case .ping(let sequence) = ping.packet.body else {
            Issue.record("no ping")
            return
        }
        #expect(ping.to == "p1")
        let nacks = LoneMember.packets(lone.wait(0.45)).filter {
            if case .nack(77) = $0.packet.body { true } else { false }
        }
        #expect(nacks.map(\.to) == ["p0"])
        lone.hear([], from: peers[1], .ack(sequence: sequence, wallMilliseconds: 5))
        let acks = LoneMember.packets(lone.effects)
        guard acks.map(\.to) == ["p0"], case .ack(77, 5) = acks[0].packet.body else {
            Issue.record("a late answer is passed on, too")
            return
        }
    }

    @Test func `measures round trips and notices that its clock is wrong`() throws {
        let peers = try (0..<3).map { try #require(PlayedPeer("p\($0)")) }
        var lone = try #require(LoneMember(known: peers))
        lone.clockOffset = 3500
        var warnings: [String] = []
        for _ in 0..<30 {
            for (packet, to) in LoneMember.packets(lone.wait(0.5)) {
                guard case .ping(let sequence) = packet.body, let peer = peers.first(where: { $0.name.text == to })
                else { continue }
                let wall = lone.nanoseconds / 1_000_000
                lone.hear([], from: peer, .ack(sequence: sequence, wallMilliseconds: wall))
                for case .warn(let warning) in lone.effects { warnings.append(warning.text) }
            }
        }
        let offset = try #require(lone.swim.clockOffset)
        #expect((2900...3500).contains(offset))
        #expect(warnings.count == 1 && warnings[0].contains("ms off the median of its peers"))
        let roundTrip = try #require(lone.swim.row(peers[0].name)?.roundTripMicroseconds)
        #expect((1...500_000).contains(roundTrip))
    }

    @Test func `that leaves is gone at once, and stays away`() throws {
        let peer = try #require(PlayedPeer("p"))
        var lone = try #require(LoneMember(known: [peer]))
        let gone = MemberRecord(
            name: peer.name, incarnation: 2, card: peer.record.card, hasLeft: true, signer: peer.signer)
        lone.hear([.record(gone), .record(peer.record)], from: peer)
        #expect(lone.state(peer) == .left && lone.swim.presentCount == 1)
        lone.tell(.leave)
        #expect(lone.swim.rows.first?.state == .left)
        #expect(!LoneMember.packets(lone.wait(20)).contains { if case .ping = $0.packet.body { true } else { false } })
    }

    @Test func `asks a stranger who it is before it answers`() throws {
        let stranger = try #require(PlayedPeer("s"))
        var lone = try #require(LoneMember())
        lone.hear([], from: stranger, .ping(sequence: 3))
        guard lone.effects.count == 1, case .send(let packet, let destination) = lone.effects[0],
            case .hashes = packet.body
        else {
            Issue.record("no question")
            return
        }
        #expect(destination == .stranger(stranger.name) && packet.news.map(\.name.text) == ["me"])
    }

    @Test func `forgets the dead after their time`() throws {
        var timing = Timing()
        timing.tombstoneLife = 60 * 1_000_000_000
        let peers = try (0..<3).map { try #require(PlayedPeer("p\($0)")) }
        var lone = try #require(LoneMember(known: peers, timing: timing))
        lone.hear([peers[1].accuses(peers[0].record, .gone)], from: peers[1])
        #expect(lone.state(peers[0]) == .dead)
        _ = lone.wait(50)
        #expect(lone.state(peers[0]) == .dead)
        _ = lone.wait(25)
        #expect(lone.state(peers[0]) == nil)
    }

    @Test func `believes nobody for having stood still itself`() throws {
        let peers = try (0..<5).map { try #require(PlayedPeer("p\($0)")) }
        var lone = try #require(LoneMember(known: peers))
        for accuser in peers[1...4] { lone.hear([accuser.accuses(peers[0].record)], from: accuser) }
        _ = lone.wait(1)
        var stopped = lone
        // Nothing for a minute, as by SIGSTOP.
        stopped.skip(60)
        stopped.tell(.tick)
        #expect(stopped.state(peers[0]) == .suspect && stopped.swim.counts.standstills == 1)
        #expect(lone.swim.counts.standstills == 0)
    }

    @Test func `survives any packets of a member, within its bounds`() throws {
        let peers = try (0..<4).map { try #require(PlayedPeer("p\($0)")) }
        var lone = try #require(LoneMember(known: peers))
        var choices = SeededChoices(seed: 3)
        for round in 0..<3000 {
            let peer = peers[choices.below(4)]
            let item = peers[choices.below(4)].accuses(peers[choices.below(4)].record)
            var bytes = Packet(.request(sequence: UInt32(round), target: peer.name), news: [item]).encoded()
            if choices.below(2) == 0 { bytes[choices.below(bytes.count)] = UInt8(choices.below(256)) }
            lone.tell(.received(bytes, from: peer.name))
        }
        #expect(lone.swim.relays.count <= Timing.relaysMax && lone.swim.suspicions.count <= 4)
        #expect(lone.swim.news.count <= 2 * Timing.newsMax && lone.swim.rows.count == 5)
    }
}
