// Help from idle nodes: recalled shards, copies of overdue ones; and results that are gone or replaced.

import Testing

@testable import Scheduling

@Suite struct `Help from idle nodes` {
    private let second: Int64 = 1_000_000_000

    // A stage on node 0, while node 1 is idle.
    private func oneOfTwo(_ work: StageWork) -> Bench {
        var bench = Bench(nodes: 1, slots: 1)
        bench.add(work)
        bench.tell()
        bench.send(.nodeJoined(NodeID(1), .init(run: 1, transfer: 0)))
        bench.send(.sealed(bench.build))
        return bench
    }

    @Test func `a shard that its node doesn't start is recalled for an idle node`() {
        var bench = oneOfTwo(StageWork())
        let held = bench.running.removeFirst()
        bench.now = second / 4
        bench.send(.tick)
        #expect(bench.effects.isEmpty)
        bench.now = second
        bench.send(.tick)
        #expect(bench.effects == [.recall(bench.build, StageIndex(0), held.node, held.attempt)])
        bench.send(.tick)
        #expect(bench.effects.isEmpty)
        bench.send(.returned(bench.build, held.node, held.attempt))
        #expect(bench.nodes == [1])
    }

    @Test func `a shard that had started after all stays where it is`() {
        var bench = oneOfTwo(StageWork())
        bench.now = second
        bench.send(.tick)
        bench.start(0)
        bench.send(.returned(bench.build, bench.running[0].node, bench.running[0].attempt))
        #expect(bench.order.count == 1)
        bench.report(0)
        #expect(bench.effects == [.ended(bench.build, .done)])
    }

    @Test func `a shard with secrets is neither recalled nor copied`() {
        var bench = oneOfTwo(StageWork(expected: second, movable: false))
        bench.now = 60 * second
        bench.send(.tick)
        #expect(bench.effects.isEmpty)
        bench.start(0)
        bench.now = 600 * second
        bench.send(.tick)
        bench.send(.overdue(bench.build, StageIndex(0)))
        #expect(bench.order.count == 1)
    }

    @Test func `an overdue shard is copied, the first result wins and the other copy is stopped`() {
        var bench = oneOfTwo(StageWork(expected: second))
        bench.start(0)
        bench.now = 3 * second
        bench.send(.tick)
        #expect(bench.order.count == 1)
        bench.now = 7 * second
        bench.send(.tick)
        #expect(bench.nodes == [0, 1])
        let slow = bench.running[0]
        bench.report(1)
        // The build does not wait for the slow copy, which was copied for being slow.
        #expect(
            bench.effects == [
                .stop(bench.build, StageIndex(0), slow.node, slow.attempt, .overtaken), .ended(bench.build, .done),
            ])
        bench.report(0)
        #expect(bench.effects.isEmpty)
    }

    @Test func `when one of two copies fails the other goes on`() {
        var bench = oneOfTwo(StageWork())
        bench.send(.overdue(bench.build, StageIndex(0)))
        #expect(bench.nodes == [0, 1])
        bench.report(0, .failed(retryable: false))
        #expect(bench.effects.isEmpty)
        bench.report(0)
        #expect(bench.effects == [.ended(bench.build, .done)])
    }

    @Test func `the slot of a stopped copy is taken until it reports`() {
        var bench = oneOfTwo(StageWork())
        bench.send(.buildAdded(BuildID(1), .init()))
        var batch = StageBatch()
        for _ in 0..<3 { batch.append(StageWork()) }
        bench.send(.overdue(bench.build, StageIndex(0)))
        bench.send(.stagesAdded(BuildID(1), batch))
        #expect(bench.order.count == 2)
        bench.report(1)
        #expect(bench.order.count == 3)
        #expect(bench.nodes == [0, 1])
        bench.report(0, .stopped)
        #expect(bench.nodes == [1, 0])
    }

    @Test func `a clock that jumps back or ahead costs a copy at most`() {
        var bench = oneOfTwo(StageWork(expected: second))
        bench.start(0)
        bench.now = .max
        bench.send(.tick)
        #expect(bench.nodes == [0, 1])
        bench.now = .min
        bench.send(.tick)
        bench.report(0)
        #expect(bench.effects.contains(.ended(bench.build, .done)))
    }

    // MARK: Results that no longer hold

    @Test func `a lost result is built again before its waiting children run`() {
        var bench = Bench(slots: 1)
        let parent = bench.add(StageWork(expected: 9_000_000))
        let other = bench.add(StageWork(expected: 8_000_000))
        let child = bench.add(StageWork(expected: 1_000_000), [parent, other])
        bench.tell()
        bench.report(0)
        #expect(bench.assigned == [other])
        bench.send(.lost(bench.build, parent))
        bench.report(0)
        #expect(bench.assigned == [parent])
        bench.report(0)
        #expect(bench.assigned == [child])
    }

    @Test func `what was built on a replaced result is stopped, undone and built again`() {
        var bench = Bench(slots: 2)
        let parent = bench.add(StageWork())
        let child = bench.add(StageWork(), [parent])
        let grandchild = bench.add(StageWork(), [child])
        bench.tell()
        bench.send(.sealed(bench.build))
        bench.report(0)
        bench.report(0)
        #expect(bench.assigned == [grandchild])
        let stale = bench.running.removeFirst()
        bench.send(.replaced(bench.build, parent))
        #expect(
            bench.effects.first
                == .stop(bench.build, grandchild, stale.node, stale.attempt, .replaced(parent)))
        #expect(bench.assigned == [child])
        bench.send(.finished(bench.build, grandchild, stale.node, stale.attempt, .done))
        #expect(bench.effects.isEmpty)
        bench.finishAll()
        #expect(bench.order == [parent, child, grandchild, child, grandchild])
        #expect(bench.effects == [.ended(bench.build, .done)])
    }
}
