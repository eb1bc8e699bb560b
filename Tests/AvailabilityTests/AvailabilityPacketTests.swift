// Packets of availability: golden bytes, and what is refused.
import Membership
import MembershipSimulation
import Testing

// Packets about what is held: golden bytes, wrong signatures, and bytes that harm nobody.
@testable import Availability

@Suite struct `Availability packets` {
    private let name = NodeName("n0")

    private func batch(_ added: [UInt64] = [1, 300, 1 << 40], signer: String = "n0") throws -> Batch {
        let signer = FakeSigner(try #require(NodeName(signer)))
        return Batch(try #require(name), epoch: 9, from: 0, to: 4, added: added, removed: [77], signer: signer)
    }

    private func samples() throws -> [AvailabilityPacket] {
        [
            .hash(0x0102_0304_0506_0708), .since(epoch: 9, version: 300), .batches([try batch()]),
            .summary([KnownVersion(owner: 1, epoch: 2, version: 3)], wantsAnswer: true),
        ]
    }

    @Test func `have the bytes of version 1`() throws {
        let found = try samples().map { packet in
            packet.encoded().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        #expect(found[0] == "012003080807060504030201")
        #expect(found[1] == "01230a090cac02")
        #expect(found[2] == "01220924031803026e300409060008040b0901ab02d4fdffffff1f0d014d05082f9d2d1748996cea")
        #expect(found[3] == "0121051801000000000000000200000000000000030000000000000006" + "01")
        #expect(HeldName(.layer, [1, 2, 3]).fingerprint == 191_285_139_417_368)
    }

    @Test func `are read as they were written`() throws {
        for packet in try samples() {
            let bytes = packet.encoded()
            #expect(try AvailabilityPacket(bytes).encoded() == bytes)
        }
        guard case .batches(let batches) = try AvailabilityPacket(try samples()[2].encoded()) else {
            Issue.record("another packet")
            return
        }
        #expect(batches[0].added == [1, 300, 1 << 40] && batches[0].removed == [77] && batches[0].to == 4)
    }

    @Test func `with a wrong signature change nothing and are counted`() throws {
        var mesh = PlayedMesh(3)
        let forged = AvailabilityPacket.batches([try batch(signer: "n2")]).encoded()
        mesh.tell(1, .received(forged, from: mesh.name(2)))
        #expect(mesh.nodes[1].count(of: mesh.name(0)) == 0 && mesh.nodes[1].counts.wrongSignatures == 1)
        mesh.tell(1, .received(AvailabilityPacket.batches([try batch()]).encoded(), from: mesh.name(2)))
        #expect(mesh.nodes[1].count(of: mesh.name(0)) == 3, "anybody may pass on what the owner signed")
    }

    @Test func `are within their limits`() throws {
        let many = (0...AvailabilityLimits.batchNamesMax).map { UInt64($0) }
        let large = AvailabilityPacket.batches([try batch(many)]).encoded()
        #expect(throws: Unreadable.tooMuch(.names, limit: AvailabilityLimits.batchNamesMax)) {
            try AvailabilityPacket(large)
        }
        let beyond = AvailabilityPacket.batches([try batch([1 << 48])]).encoded()
        #expect(throws: Unreadable.wrong(.names)) { try AvailabilityPacket(beyond) }
        #expect(throws: Unreadable.unknownKind(3)) { try AvailabilityPacket([1, 3]) }
        #expect(throws: Unreadable.otherVersion(2)) { try AvailabilityPacket([2, 32]) }
    }

    @Test func `of any bytes never trap, and leave the machine within its bounds`() throws {
        let samples = try samples().map { $0.encoded() }
        var choices = SeededChoices(seed: 11)
        var mesh = PlayedMesh(3)
        for _ in 0..<4000 {
            var bytes = samples[choices.below(samples.count)]
            for _ in 0...choices.below(5) where !bytes.isEmpty {
                let place = choices.below(bytes.count)
                switch choices.below(3) {
                case 0: bytes[place] = UInt8(choices.below(256))
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8(choices.below(256)), at: place)
                }
            }
            mesh.tell(1, .received(bytes, from: mesh.name(choices.below(3))))
        }
        #expect(mesh.nodes[1].beliefs <= 6 && mesh.nodes[1].sets.count == 2)
    }
}
