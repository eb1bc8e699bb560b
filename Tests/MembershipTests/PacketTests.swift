// Packets: the same bytes in every release, read back whole, and no bytes that harm.
import Membership
import MembershipSimulation
import Testing

@Suite struct `Packets` {
    private func record(_ name: String, incarnation: UInt64 = 3) throws -> MemberRecord {
        let name = try #require(NodeName(name))
        var card = MemberCard(peerAddress: "h:7", key: FakeSigner.key(of: name))
        card.zone = "z1"
        card.slots = 8
        card.memoryBytes = 1 << 34
        return MemberRecord(name: name, incarnation: incarnation, card: card, signer: FakeSigner(name))
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private func samples() throws -> [Packet] {
        let name = try #require(NodeName("b"))
        let news: [News] = [.record(try record("a"))]
        var buckets = BucketSet()
        buckets.insert(3)
        buckets.insert(255)
        return [
            Packet(.ping(sequence: 7)), Packet(.ack(sequence: 300, wallMilliseconds: 1_700_000_000_123)),
            Packet(.request(sequence: 7, target: name)), Packet(.nack(sequence: 7)), Packet(.gossip, news: news),
            Packet(.hashes(Array(repeating: 5, count: BucketSet.bucketsCount)), news: news),
            Packet(.rows(buckets, wantsAnswer: true, isPart: false), news: news),
        ]
    }

    @Test func `have the bytes of version 1`() throws {
        let found = try samples().map { $0.encoded().prefix(200) }.map { hex(Array($0)) }
        #expect(found[0] == "01010207")
        #expect(found[1] == "010202ac0204f6a1abfef962")
        #expect(found[2] == "01030207070162")
        #expect(found[3] == "01040207")
        #expect(
            found[4]
                == "0105212c032003016104030703683a370b027a310c081080808080401708f8201448bfbdc00205082602f8678b5e0fc1")
        #expect(found[6].hasPrefix("01070b2008000000000000000000000000000000000000000000000000000000000000800c01"))
    }

    @Test func `are read as they were written`() throws {
        for packet in try samples() {
            let bytes = packet.encoded()
            #expect(packet.encodedCount == bytes.count)
            #expect(try Packet(bytes).encoded() == bytes)
        }
        let read = try MemberRecord(try record("a").signed)
        #expect(read.card.zone == "z1" && read.card.slots == 8 && read.card.memoryBytes == 1 << 34)
        #expect(read.incarnation == 3 && read.name.text == "a" && !read.hasLeft && !read.card.isDraining)
    }

    @Test func `may have fields that only newer peers know`() throws {
        var writer = FieldWriter()
        writer.byte(1)
        writer.byte(1)
        writer.data(99, [1, 2, 3])
        writer.number(1, 7)
        writer.number(98, 12)
        guard case .ping(7) = try Packet(writer.bytes).body else {
            Issue.record("another packet")
            return
        }
        // In a record such fields stay, as its signature covers them.
        let known = try record("a")
        var body = FieldWriter()
        body.text(77, "new")
        let grown = SignedBytes(body: known.signed.body + body.bytes, signature: known.signed.signature)
        #expect(try MemberRecord(grown).signed == grown)
    }

    @Test func `that are wrong say why`() throws {
        let ping: [UInt8] = [1, 1, 2, 7]
        let cases: [([UInt8], Unreadable)] = [
            ([], .cutShort), ([1], .cutShort), ([2, 1, 2, 7], .otherVersion(2)), ([1, 200], .unknownKind(200)),
            ([1, 1], .missing(.sequence)), ([1, 1, 3, 1, 7], .wrong(.number)), (ping + [5, 9], .cutShort),
            ([1, 3, 2, 7, 7, 1, 65], .wrong(.name)), ([1, 6], .missing(.hashes)), ([1, 6, 9, 1, 1], .wrong(.hashes)),
            ([1, 1, 2] + [UInt8](repeating: 255, count: 10), .wrong(.number)), (ping + [33, 0], .missing(.signed)),
        ]
        for (bytes, reason) in cases {
            #expect(throws: reason) { try Packet(bytes) }
        }
        let large = [UInt8](repeating: 0, count: Packet.bytesMax + 1)
        #expect(throws: Unreadable.tooMuch(.packet, limit: Packet.bytesMax)) { try Packet(large) }
        let item = Packet(.gossip, news: [.record(try record("a"))]).encoded().dropFirst(2)
        let many: [UInt8] = [1, 5] + (0...Packet.newsMax).flatMap { _ in item }
        #expect(throws: Unreadable.self) { try Packet(many) }
    }

    @Test func `of any bytes never trap, and what is read is within the limits`() throws {
        let samples = try samples().map { $0.encoded() }
        Seeds.check(3000) { seed in
            var choices = SeededChoices(seed: seed)
            var bytes = samples[choices.below(samples.count)]
            for _ in 0...choices.below(6) where !bytes.isEmpty {
                let place = choices.below(bytes.count)
                switch choices.below(4) {
                case 0: bytes[place] = UInt8(choices.below(256))
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(UInt8(choices.below(256)), at: place)
                default: bytes.removeLast(choices.below(bytes.count))
                }
            }
            guard let packet = try? Packet(bytes) else { return nil }
            guard packet.news.count <= Packet.newsMax else { return "too many news" }
            return (try? Packet(packet.encoded())) == nil ? "what was read can't be written" : nil
        }
    }
}
