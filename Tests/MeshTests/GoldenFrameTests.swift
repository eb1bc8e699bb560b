// The frames of a link, byte by byte, as a peer that was written by hand says and hears them.
import Digests
import Mesh
import MeshSimulation
import Synchronization
import Testing

@Suite struct `Golden frames` {
    private static let hello: [UInt8] =
        [1, 0x08, 1, 0x10, 1, 0x1a, 1] + Array("9".utf8) + [0x22, 4] + Array("left".utf8)
    private static let cardName: [UInt8] = [0x12, 11] + Array("node.card/1".utf8) + [0x1a, 4] + Array("node".utf8)
    private static let gossipName: [UInt8] = [0x12, 13] + Array("node.gossip/1".utf8) + [0x1a, 4] + Array("node".utf8)

    /// Frames that the right side sends while `peer` plays the left one, as hexadecimal digits.
    private static func heard(
        services time: Duration = .zero,
        _ peer: @escaping @Sendable (SimulatedLink, MeshSystem, SimulatedClock) async throws -> Void
    ) throws -> (frames: [String], end: LinkEnd) {
        try Simulation.run(seed: 1) { clock in
            let pair = DeskPair(clock, seed: 1, time: time)
            async let end = pair.right.serve(pair.rightLink)
            let frames = Diary()
            await withDiscardingTaskGroup { group in
                group.addTask {
                    while let frame = try? await pair.leftLink.next() { frames.write(Hexadecimal.text(frame)) }
                }
                try? await pair.leftLink.send(hello)
                try? await peer(pair.leftLink, pair.right, clock)
                try? await clock.sleep(for: .seconds(1))
                pair.leftLink.close()
            }
            return (frames.lines, await end)
        }
    }

    private static func text(_ bytes: [UInt8]) -> String { Hexadecimal.text(bytes) }

    private static let ownHello = text(
        [1, 0x08, 1, 0x10, 1, 0x1a, 3] + Array("2.0".utf8) + [0x22, 5] + Array("right".utf8))

    @Test func `of a call that is answered`() throws {
        let (frames, end) = try Self.heard { link, _, _ in
            // Call 5 of node.gossip/1 at node, with 1 s left and one argument: the packet [1, 2].
            try await link.send(
                [2, 0x08, 5] + Self.gossipName + [0x20, 0x80, 0x94, 0xeb, 0xdc, 3] + [0x2a, 4, 0x0a, 2, 1, 2])
        }
        #expect(frames == [Self.ownHello, Self.text([3, 0x08, 5, 0x12, 4, 0x0a, 2, 2, 1])])
        #expect(end == .closed)
    }

    @Test func `of a call that is made`() throws {
        let answer = Diary()
        let (frames, _) = try Self.heard { link, system, clock in
            try await clock.sleep(for: .seconds(1))
            await withDiscardingTaskGroup { group in
                group.addTask {
                    let desk = try? NodeDesk.at("left", from: system)
                    answer.write("\((try? await desk?.gossip(GossipPacket(bytes: [9])))?.bytes ?? [])")
                }
                try? await clock.sleep(for: .seconds(1))
                try? await link.send([3, 0x08, 1, 0x12, 3, 0x0a, 1, 8])
            }
        }
        let call = [2, 0x08, 1] + Self.gossipName + [0x20, 0x80, 0xc8, 0xaf, 0xa0, 0x25] + [0x2a, 3, 0x0a, 1, 9]
        #expect(frames == [Self.ownHello, Self.text(call)])
        #expect(answer.lines == ["[8]"])
    }

    @Test func `of refusals, and of a call that is cancelled`() throws {
        let (frames, _) = try Self.heard(services: .seconds(2)) { link, system, clock in
            try await link.send([2, 0x08, 1, 0x12, 1] + Array("x".utf8))
            try await link.send([2, 0x08, 2] + Self.cardName + [0x20, 1])
            try await link.send([2, 0x08, 3] + Self.cardName + [0x20, 0x80, 0x94, 0xeb, 0xdc, 3])
            try await link.send([5, 0x08, 3])
            // Nothing was called under this number.
            try await link.send([5, 0x08, 77])
            try await clock.sleep(for: .seconds(1))
            let error = try await Self.cancelled(system, clock)
            #expect(error == "CancellationError()")
        }
        let refusal: [UInt8] = [4, 0x08, 1, 0x10, 2, 0x1a, 19] + Array("right has no call x".utf8)
        #expect(frames.prefix(2) == [Self.ownHello, Self.text(refusal)])
        // The second had no time, and its desk answers all the same; the third was given up.
        #expect(frames.dropFirst(2).first?.hasPrefix("030802") == true)
        #expect(frames.last == Self.text([5, 0x08, 1]))
        #expect(frames.count == 5)
    }

    private static func cancelled(_ system: MeshSystem, _ clock: SimulatedClock) async throws -> String {
        await withTaskGroup(of: String.self) { group in
            group.addTask {
                do { return try await NodeDesk.at("left", from: system).card().name } catch { return "\(error)" }
            }
            try? await clock.sleep(for: .milliseconds(500))
            group.cancelAll()
            return await group.next() ?? ""
        }
    }

    @Test func `of a long message, a sign of life and a goodbye`() throws {
        let (frames, end) = try Self.heard { link, system, clock in
            // The same call as above in two parts, and one whose parts are dropped.
            try await link.send([8, 2, 0x08, 5])
            try await link.send([10])
            try await link.send([8, 2, 0x08, 5])
            try await link.send([9] + Self.gossipName + [0x20, 0x80, 0x94, 0xeb, 0xdc, 3, 0x2a, 2, 0x0a, 0])
            try await clock.sleep(for: .seconds(6))
            system.leave("bye")
        }
        #expect(
            frames == [
                Self.ownHello, Self.text([3, 0x08, 5]), "07", Self.text([6, 0x0a, 3] + Array("bye".utf8)),
            ])
        #expect(end == .left("bye"))
    }
}
