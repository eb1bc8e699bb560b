// The first and the last words on a link: versions, names, nonsense.
import Mesh
import MeshSimulation
import Testing

@Suite struct `A link between systems` {
    @Test func `that share no version says at both ends who must be upgraded`() throws {
        for seed in UInt64(0)..<20 {
            let ends = try Simulation.run(seed: seed) { clock in
                let pair = DeskPair(clock, seed: seed, rightProtocols: 2...3)
                async let left = pair.left.serve(pair.leftLink)
                async let right = pair.right.serve(pair.rightLink)
                return [await left, await right]
            }
            let words =
                "left (weft 1.0) speaks version 1 of the mesh's protocol and right (weft 2.0) speaks versions 2 to 3 "
                + "of the mesh's protocol: upgrade left"
            #expect(ends == [.unfit(words), .unfit(words)])
        }
    }

    @Test func `of another name than its certificate's is refused`() throws {
        let end = try Simulation.run(seed: 1) { clock in
            let (left, right) = SimulatedLink.pair(
                PeerIdentity(name: "left", role: .node, classes: []),
                PeerIdentity(name: "right", role: .node, classes: []), clock: clock, seed: 1)
            let one = MeshSystem(name: "left", program: "1", clock: MeshClock(clock))
            let other = MeshSystem(name: "impostor", program: "1", clock: MeshClock(clock))
            async let end = one.serve(left)
            async let ignored = other.serve(right)
            return (await end, await ignored).0
        }
        #expect(end == .unfit("it calls itself impostor, and its certificate says right"))
    }

    @Test func `ends when no hello comes`() throws {
        let (end, time) = try Simulation.run(seed: 1) { clock in
            let pair = DeskPair(clock, seed: 1)
            let end = await pair.left.serve(pair.leftLink)
            return (end, clock.now.elapsed)
        }
        #expect(end == .broken("no hello from right: closed"))
        #expect(time >= .seconds(10) && time < .seconds(11))
    }

    @Test func `ends when its task is cancelled`() throws {
        let ends = try Simulation.run(seed: 1) { clock in
            let pair = DeskPair(clock, seed: 1)
            async let right = pair.right.serve(pair.rightLink)
            let left = await withTaskGroup(of: LinkEnd.self) { group in
                group.addTask { await pair.left.serve(pair.leftLink) }
                try? await clock.sleep(for: .seconds(3))
                group.cancelAll()
                return await group.next()
            }
            return [left, await right]
        }
        #expect(ends == [.left("it was cancelled"), .closed])
    }

    @Test func `ends when the peer asks and doesn't read the answers`() throws {
        let (end, most) = try Simulation.run(seed: 1) { clock in
            var limits = CallLimits()
            limits.incomingCallsMax = 4
            limits.waitingFramesMax = 50
            let pair = DeskPair(clock, seed: 1, limits: limits, time: .milliseconds(1))
            async let end = pair.right.serve(pair.rightLink)
            try? await pair.leftLink.send(Self.hello)
            for id in UInt8(1)...127 {
                try? await pair.leftLink.send([2, 0x08, id] + Self.cardCall)
                try? await clock.sleep(for: .milliseconds(50))
            }
            return (await end, pair.rightServices.values.most)
        }
        #expect(end == .violated("it doesn't read what it asks for"))
        #expect(most <= 4)
    }

    /// Versions 1 to 1, program 1, name left.
    private static let hello: [UInt8] = [1, 0x08, 1, 0x10, 1, 0x1a, 1, 0x31, 0x22, 4] + Array("left".utf8)
    /// All of a call but its number: node.card/1 at node, with 1 s left.
    private static let cardCall: [UInt8] =
        [0x12, 11] + Array("node.card/1".utf8) + [0x1a, 4] + Array("node".utf8) + [0x20, 0x80, 0x94, 0xeb, 0xdc, 3]

    /// Frames of every kind with bytes that are wrong, after a right hello.
    @Test func `ends with a reason when the peer talks nonsense`() throws {
        for seed in UInt64(0)..<400 {
            let (end, violations, running) = try Simulation.run(seed: seed) { clock in
                let pair = DeskPair(clock, seed: seed, time: .seconds(1_000))
                async let end = pair.right.serve(pair.rightLink)
                await Self.babble(pair.leftLink, seed: seed)
                // A peer that only said what is allowed is let go for its silence.
                return (await end, pair.right.counts.values.violations, pair.rightServices.values.running)
            }
            switch end {
            case .violated: #expect(violations == 1)
            case .silent, .goodbye, .closed, .broken: #expect(violations == 0)
            case .unfit, .left: Issue.record("seed \(seed): \(end)")
            }
            #expect(running == 0)
        }
    }

    private static func babble(_ link: SimulatedLink, seed: UInt64) async {
        var random = SeededGenerator(seed: seed)
        try? await link.send(hello)
        _ = try? await link.next()
        for _ in 0..<20 {
            var frame: [UInt8] = [2, 0x08, UInt8(1 + random.below(100))] + cardCall
            switch random.below(4) {
            case 0: frame = (0..<random.below(30)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            case 1: frame[random.below(frame.count)] = UInt8(truncatingIfNeeded: random.next())
            case 2: frame = [UInt8(random.below(12))] + frame
            default: break
            }
            do { try await link.send(frame) } catch { return }
        }
    }
}
