// Help from idle nodes: recalled shards, copies of overdue ones; and results that are gone or replaced.

import Testing

@testable import Scheduling

@Suite struct `Help from idle nodes` {
    private let second: Int64 = 1_000_000_000

    // A stage on node 0, while node 1 is idle.
    private func oneOfTwo(_ work: StageWork) -> SteppedBuild {
        var stepped = SteppedBuild(nodes: 1, slots: 1)
        stepped.add(work)
        stepped.tell()
        stepped.send(.nodeJoined(NodeID(1), .init(run: 1, transfer: 0)))
        stepped.send(.sealed(stepped.build))
        return stepped
    }

    @Test func `a shard that its node doesn't start is recalled for an idle node`() {
        var stepped = oneOfTwo(StageWork())
        let held = stepped.running.removeFirst()
        stepped.now = second / 4
        stepped.send(.tick)
        #expect(stepped.effects.isEmpty)
        stepped.now = second
        stepped.send(.tick)
        #expect(stepped.effects == [.recall(stepped.build, StageIndex(0), held.node, held.attempt)])
        stepped.send(.tick)
        #expect(stepped.effects.isEmpty)
        stepped.send(.returned(stepped.build, held.node, held.attempt))
        #expect(stepped.nodes == [1])
    }

    @Test func `a shard that had started after all stays where it is`() {
        var stepped = oneOfTwo(StageWork())
        stepped.now = second
        stepped.send(.tick)
        stepped.start(0)
        stepped.send(.returned(stepped.build, stepped.running[0].node, stepped.running[0].attempt))
        #expect(stepped.order.count == 1)
        stepped.report(0)
        #expect(stepped.effects == [.ended(stepped.build, .done)])
    }

    @Test func `a shard that its node fetches the inputs of is left there, and waits for a slot when they are there`() {
        var stepped = oneOfTwo(StageWork())
        let held = stepped.running[0]
        stepped.send(.supply(stepped.build, held.node, held.attempt, isUnderWay: true))
        for quarter in 1...40 {
            stepped.now = Int64(quarter) * second / 4
            stepped.send(.tick)
            #expect(stepped.effects.isEmpty)
        }
        stepped.send(.supply(stepped.build, held.node, held.attempt, isUnderWay: false))
        stepped.now += second / 4
        stepped.send(.tick)
        #expect(stepped.effects.isEmpty)
        stepped.now += second / 4
        stepped.send(.tick)
        #expect(stepped.effects == [.recall(stepped.build, StageIndex(0), held.node, held.attempt)])
    }

    @Test func `a stage that no node starts is recalled less and less often`() {
        var stepped = oneOfTwo(StageWork())
        var recalls: [Int64] = []
        for quarter in 1...256 {
            stepped.now = Int64(quarter) * second / 4
            stepped.send(.tick)
            guard !stepped.effects.isEmpty else { continue }
            let held = stepped.running.removeFirst()
            #expect(stepped.effects == [.recall(stepped.build, StageIndex(0), held.node, held.attempt)])
            recalls.append(stepped.now)
            stepped.send(.returned(stepped.build, held.node, held.attempt))
            #expect(stepped.nodes == [1 - held.node.raw])
        }
        #expect(recalls == [1, 3, 7, 15, 31, 63, 127].map { $0 * second / 2 })
    }

    @Test func `a shard with secrets is neither recalled nor copied`() {
        var stepped = oneOfTwo(StageWork(expected: second, movable: false))
        stepped.now = 60 * second
        stepped.send(.tick)
        #expect(stepped.effects.isEmpty)
        stepped.start(0)
        stepped.now = 600 * second
        stepped.send(.tick)
        stepped.send(.overdue(stepped.build, StageIndex(0)))
        #expect(stepped.order.count == 1)
    }

    @Test func `an overdue shard is copied, the first result wins and the other copy is stopped`() {
        var stepped = oneOfTwo(StageWork(expected: second))
        stepped.start(0)
        stepped.now = 3 * second
        stepped.send(.tick)
        #expect(stepped.order.count == 1)
        stepped.now = 7 * second
        stepped.send(.tick)
        #expect(stepped.nodes == [0, 1])
        let slow = stepped.running[0]
        stepped.report(1)
        // The build does not wait for the slow copy, which was copied for being slow.
        #expect(
            stepped.effects == [
                .stop(stepped.build, StageIndex(0), slow.node, slow.attempt, .overtaken), .ended(stepped.build, .done),
            ])
        stepped.report(0)
        #expect(stepped.effects.isEmpty)
    }

    @Test func `when one of two copies fails the other goes on`() {
        var stepped = oneOfTwo(StageWork())
        stepped.send(.overdue(stepped.build, StageIndex(0)))
        #expect(stepped.nodes == [0, 1])
        stepped.report(0, .failed(retryable: false))
        #expect(stepped.effects.isEmpty)
        stepped.report(0)
        #expect(stepped.effects == [.ended(stepped.build, .done)])
    }

    @Test func `the slot of a stopped copy is taken until it reports`() {
        var stepped = oneOfTwo(StageWork())
        stepped.send(.buildAdded(BuildID(1), .init()))
        var batch = StageBatch()
        for _ in 0..<3 { batch.append(StageWork()) }
        stepped.send(.overdue(stepped.build, StageIndex(0)))
        stepped.send(.stagesAdded(BuildID(1), batch))
        #expect(stepped.order.count == 2)
        stepped.report(1)
        #expect(stepped.order.count == 3)
        #expect(stepped.nodes == [0, 1])
        stepped.report(0, .stopped)
        #expect(stepped.nodes == [1, 0])
    }

    @Test func `a clock that jumps back or ahead costs a copy at most`() {
        var stepped = oneOfTwo(StageWork(expected: second))
        stepped.start(0)
        stepped.now = .max
        stepped.send(.tick)
        #expect(stepped.nodes == [0, 1])
        stepped.now = .min
        stepped.send(.tick)
        stepped.report(0)
        #expect(stepped.effects.contains(.ended(stepped.build, .done)))
    }

    // MARK: Results that no longer hold

    @Test func `a lost result is built again before its waiting children run`() {
        var stepped = SteppedBuild(slots: 1)
        let parent = stepped.add(StageWork(expected: 9_000_000))
        let other = stepped.add(StageWork(expected: 8_000_000))
        let child = stepped.add(StageWork(expected: 1_000_000), [parent, other])
        stepped.tell()
        stepped.report(0)
        #expect(stepped.assigned == [other])
        stepped.send(.lost(stepped.build, [parent]))
        stepped.report(0)
        #expect(stepped.assigned == [parent])
        stepped.report(0)
        #expect(stepped.assigned == [child])
    }

    @Test func `what was built on a replaced result is stopped, undone and built again`() {
        var stepped = SteppedBuild(slots: 2)
        let parent = stepped.add(StageWork())
        let child = stepped.add(StageWork(), [parent])
        let grandchild = stepped.add(StageWork(), [child])
        stepped.tell()
        stepped.send(.sealed(stepped.build))
        stepped.report(0)
        stepped.report(0)
        #expect(stepped.assigned == [grandchild])
        let stale = stepped.running.removeFirst()
        stepped.send(.replaced(stepped.build, parent))
        #expect(
            stepped.effects.first
                == .stop(stepped.build, grandchild, stale.node, stale.attempt, .replaced(parent)))
        #expect(stepped.assigned == [child])
        stepped.send(.finished(stepped.build, grandchild, stale.node, stale.attempt, .done))
        #expect(stepped.effects.isEmpty)
        stepped.finishAll()
        #expect(stepped.order == [parent, child, grandchild, child, grandchild])
        #expect(stepped.effects == [.ended(stepped.build, .done)])
    }
}
