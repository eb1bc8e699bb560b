// What a stage says reaches its watcher in order, and a flood does no harm.
import Mesh
import MeshSimulation
import Reports
import Synchronization
import Testing

@Suite struct `A watcher` {
    private static func lines(_ events: [BuildEvent]) -> [Int] {
        events.compactMap { event in
            if case .stageOutput(_, let line, _) = event { Int(line) } else { nil }
        }
    }

    @Test func `hears everything in order before the outcome`() throws {
        for seed in UInt64(0)..<30 {
            let told = try `Calls between nodes`.tell(seed: seed, lines: 2_500) { pair, _, diary in
                let watcher = BuildWatcher.open("ear", on: pair.left) { event in
                    if case .stageOutput(_, let line, _) = event { diary.write(line) }
                }
                let desk = try NodeDesk.at("right", from: pair.left)
                if case .made = try await desk.perform(Drawn.order()) { diary.write("made") }
                withExtendedLifetime(watcher) {}
            }
            #expect(told.lines == (0..<2_500).map(String.init) + ["made"], "seed \(seed)")
        }
    }

    @Test func `that nobody opened costs the stage nothing`() throws {
        let told = try `Calls between nodes`.tell(lines: 300) { pair, _, diary in
            let desk = try NodeDesk.at("right", from: pair.left)
            if case .made = try await desk.perform(Drawn.order()) { diary.write("made") }
        }
        #expect(told.lines == ["made"])
        #expect(told.pair.left.counts.values.unknownActors == 1)
    }

    @Test func `of a flood hears how many lines are missing, where they are missing`() throws {
        let batches = try Simulation.run(seed: 4) { clock -> [[BuildEvent]] in
            let queue = EventQueue(of: Drawn.title)
            for line in 0..<EventQueue.eventsMax + 7 {
                queue.add(.stageOutput(Drawn.title, line: "\(line)", isError: false))
            }
            let box = Box()
            await withDiscardingTaskGroup { group in
                group.addTask {
                    await queue.deliver { events in
                        box.add(events.events)
                        // A line that comes now has room again.
                        if box.batches.count == 1 {
                            queue.add(.stageOutput(Drawn.title, line: "99999", isError: false))
                            queue.finish()
                        }
                        try await clock.sleep(for: .milliseconds(5))
                    }
                }
            }
            return box.batches
        }
        let events = batches.flatMap(\.self)
        #expect(batches.allSatisfy { $0.count <= EventQueue.batchEventsMax })
        #expect(Self.lines(events) == Array(0..<EventQueue.eventsMax) + [99_999])
        guard case .warning(let text) = events[EventQueue.eventsMax] else {
            Issue.record("no warning where lines are missing")
            return
        }
        #expect(text == "backend/RUN1: 7 lines came faster than they could be sent, and are not shown")
    }

    @Test func `that fails is not spoken to again`() throws {
        let count = try Simulation.run(seed: 1) { _ in
            let queue = EventQueue(of: Drawn.title)
            queue.add(.warning("a"))
            let box = Box()
            await queue.deliver { events in
                box.add(events.events)
                throw SimulatedLinkError.cut
            }
            queue.add(.warning("b"))
            await queue.deliver { box.add($0.events) }
            return box.batches.count
        }
        #expect(count == 1)
    }
}

private final class Box: Sendable {
    private let state = Mutex<[[BuildEvent]]>([])

    func add(_ batch: [BuildEvent]) { state.withLock { $0.append(batch) } }
    var batches: [[BuildEvent]] { state.withLock { $0 } }
}
