// A drawn story of calls in both directions over one link, on which something goes wrong; and the rules that hold.
import Mesh
import MeshSimulation
import Reports
import Synchronization

final class CallsStory: Sendable {
    private struct State {
        var random: SeededGenerator
        var lines: [String] = []
        var violations: [String] = []
        var heard: [String: Int] = [:]
        /// How calls ended, by kind.
        var ends: [String: Int] = [:]
    }

    /// Lines that each stage says.
    private static let linesMax = 120
    private static let callersMax = 8

    private let pair: DeskPair
    private let clock: SimulatedClock
    private let state: Mutex<State>

    init(seed: UInt64, _ clock: SimulatedClock) {
        var random = SeededGenerator(seed: seed)
        var limits = CallLimits()
        limits.incomingCallsMax = random.pick([2, 5, 256])
        pair = DeskPair(
            clock, seed: seed, limits: limits, time: .milliseconds(random.below(6_000)), lines: Self.linesMax)
        self.clock = clock
        state = Mutex(State(random: random))
    }

    var told: Told { state.withLock { Told(violations: $0.violations, lines: $0.lines) } }
    var ends: [String: Int] { state.withLock { $0.ends } }

    private func below(_ limit: Int) -> Int { state.withLock { $0.random.below(limit) } }

    private func say(_ line: String) {
        let time = clock.now.elapsed.milliseconds
        state.withLock { $0.lines.append("[\(time)] \(line)") }
    }

    private func require(_ isTrue: Bool, _ rule: @autoclosure () -> String) {
        guard !isTrue else { return }
        let text = rule()
        say("VIOLATION \(text)")
        state.withLock { $0.violations.append(text) }
    }

    // MARK: The story

    func run() async {
        let ready = (Ready(), Ready())
        await withDiscardingTaskGroup { group in
            group.addTask { await self.serve(self.pair.left, self.pair.leftLink, self.pair.leftServices, ready.0) }
            group.addTask { await self.serve(self.pair.right, self.pair.rightLink, self.pair.rightServices, ready.1) }
            await ready.0.wait()
            await ready.1.wait()
            group.addTask { await self.trouble() }
            for number in 0...below(Self.callersMax) {
                group.addTask { await self.caller("left-\(number)", self.pair.left, to: "right") }
                group.addTask { await self.caller("right-\(number)", self.pair.right, to: "left") }
            }
        }
    }

    private func serve(_ system: MeshSystem, _ link: SimulatedLink, _ services: DeskServices, _ ready: Ready) async {
        let end = await system.serve(link) { _ in ready.set() }
        say("\(system.name): \(end)")
        require(services.values.running == 0, "\(services.values.running) calls run at \(system.name) without a link")
        require(system.linkedNodes.isEmpty, "\(system.name) keeps a link that ended")
        require(system.counts.values.violations == 0, "\(system.name) was told nonsense")
        ready.set()
    }

    /// The link always ends, one way or another.
    private func trouble() async {
        try? await clock.sleep(for: .milliseconds(below(8_000)))
        let kind = below(6)
        say("trouble \(kind)")
        switch kind {
        case 0: pair.leftLink.cut()
        case 1: pair.leftLink.silence()
        case 2: pair.rightLink.silence()
        case 3:
            pair.leftLink.stall(for: .seconds(below(60)))
            try? await clock.sleep(for: .seconds(100))
            pair.right.leave("late")
        case 4: pair.right.leave("early")
        default: pair.rightLink.close()
        }
    }
}

// MARK: Callers

extension CallsStory {
    private func caller(_ name: String, _ system: MeshSystem, to node: String) async {
        try? await clock.sleep(for: .milliseconds(below(4_000)))
        let timeout = Duration.milliseconds(50 + below(12_000))
        let patience = below(3) == 0 ? Duration.milliseconds(below(5_000)) : nil
        let begin = clock.now.elapsed
        let end = await withTaskGroup(of: String?.self) { group in
            group.addTask {
                await CallTimeout.$current.withValue(timeout) { await self.call(name, system, to: node) }
            }
            if let patience {
                group.addTask { () -> String? in
                    guard (try? await self.clock.sleep(for: patience)) != nil else { return nil }
                    return "patience"
                }
            }
            var first = await group.next() ?? nil
            let wasCancelled = first == "patience"
            let time = clock.now.elapsed
            group.cancelAll()
            if wasCancelled {
                first = await group.next() ?? nil
                require(clock.now.elapsed == time, "\(name) was cancelled, and ended later")
            }
            require(first != "cancelled" || wasCancelled, "\(name) was cancelled by nobody")
            return first ?? ""
        }
        let took = clock.now.elapsed - begin
        require(took <= timeout, "\(name) took \(took) of \(timeout)")
        say("\(name): \(end)")
        state.withLock { $0.ends[String(end.prefix { $0 != ":" }), default: 0] += 1 }
    }

    private func call(_ name: String, _ system: MeshSystem, to node: String) async -> String {
        do {
            let desk = try NodeDesk.at(node, from: system)
            switch below(3) {
            case 0: return "card: \(try await desk.card().name)"
            case 1: return "gossip: \(try await desk.gossip(GossipPacket(bytes: self.bytes())).bytes.count)"
            default: return try await perform(name, desk, system)
            }
        } catch is CancellationError {
            return "cancelled"
        } catch let error as LinkLost {
            return "lost: \(error)"
        } catch CallError.late {
            return "late"
        } catch CallError.busy {
            return "busy"
        } catch {
            require(false, "\(name) ended with \(error)")
            return "?"
        }
    }

    /// Now and then more than a frame.
    private func bytes() -> [UInt8] { Array(repeating: 7, count: below(150) == 0 ? 3_000_000 : 10) }

    private func perform(_ name: String, _ desk: NodeDesk, _ system: MeshSystem) async throws -> String {
        let watcher = BuildWatcher.open("ear-\(name)", on: system) { event in
            guard case .stageOutput(_, let line, _) = event else { return }
            let expected = self.state.withLock { state in
                defer { state.heard[name, default: 0] += 1 }
                return state.heard[name, default: 0]
            }
            self.require(Int(line) == expected, "\(name) heard line \(line) and not \(expected)")
        }
        defer { withExtendedLifetime(watcher) {} }
        let outcome = try await desk.perform(Drawn.order(watcher: "ear-\(name)"))
        guard case .made = outcome else { return "stopped" }
        let heard = state.withLock { $0.heard[name] ?? 0 }
        require(heard == Self.linesMax, "\(name) heard \(heard) lines")
        return "made: \(heard) lines"
    }
}
