// Who goes first: the critical path within a build, fair shares between builds.

import Testing

@testable import Scheduling

@Suite struct `Order` {
    private let start = Moment(nanoseconds: 0)
    private let second: Int64 = 1_000_000_000

    @Test func `the longest way to the end goes first`() {
        var stepped = SteppedBuild(slots: 1)
        let short = stepped.add(StageWork(expected: 9 * second))
        let head = stepped.add(StageWork(expected: 1 * second))
        let middle = stepped.add(StageWork(expected: 5 * second), [head])
        stepped.add(StageWork(expected: 5 * second), [middle])
        stepped.tell()
        #expect(stepped.assigned == [head])
        stepped.finishAll()
        #expect(stepped.order.prefix(2) == [head, middle])
        #expect(stepped.order.last != middle && stepped.order[2] == short)
    }

    @Test func `bytes to move count as time`() {
        var stepped = SteppedBuild(slots: 1)
        stepped.add(StageWork(expected: 2 * second))
        let big = stepped.add(StageWork(expected: 1 * second, bytes: 1 << 30))
        stepped.tell()
        #expect(stepped.assigned == [big])
    }

    @Test func `what is likely to follow counts, though the scheduler does not know it yet`() {
        var stepped = SteppedBuild(slots: 1)
        stepped.add(StageWork(expected: 3 * second))
        let head = stepped.add(StageWork(expected: 1 * second, after: 9 * second))
        let middle = stepped.add(StageWork(expected: 2 * second, after: 4 * second))
        stepped.tell()
        stepped.finishAll()
        #expect(stepped.order.prefix(2) == [head, middle])
    }

    @Test func `of stages of which nothing is known the one with the most below it goes first`() {
        var stepped = SteppedBuild(slots: 1)
        stepped.add(StageWork())
        let head = stepped.add(StageWork())
        let next = stepped.add(StageWork(), [head])
        stepped.add(StageWork(), [next])
        let measured = stepped.add(StageWork(expected: second))
        stepped.tell()
        #expect(stepped.assigned == [measured])
        stepped.finishNext()
        #expect(stepped.assigned == [head])
    }

    @Test func `a stage that grows a long tail overtakes`() {
        var stepped = SteppedBuild(slots: 1)
        let first = stepped.add(StageWork(expected: 3 * second))
        let second = stepped.add(StageWork(expected: 2 * self.second))
        let third = stepped.add(StageWork(expected: 1 * self.second))
        stepped.tell()
        stepped.add(StageWork(expected: 9 * self.second), [third])
        stepped.tell()
        stepped.finishAll()
        #expect(stepped.order.prefix(3).elementsEqual([first, third, StageIndex(3)]))
        #expect(stepped.order.last == second)
    }

    @Test func `a chain that comes stage by stage has exact ranks once it is sealed`() {
        var stepped = SteppedBuild(slots: 1)
        let rival = stepped.add(StageWork(expected: 2_000 * second))
        stepped.tell()
        let shorter = stepped.add(StageWork(expected: 500 * second))
        stepped.tell()
        var last = stepped.add(StageWork(expected: second))
        let head = last
        stepped.tell()
        for _ in 1..<1_000 {
            last = stepped.add(StageWork(expected: second), [last])
            stepped.tell()
        }
        stepped.send(.sealed(stepped.build))
        #expect(stepped.assigned == [rival])
        stepped.finishNext()
        #expect(stepped.order.last == head)
        stepped.finishAll()
        // After the rival and 500 stages of the chain its rest takes as long as the shorter one, whose index is lower.
        #expect(stepped.order.firstIndex(of: shorter) == 501)
    }

    @Test func `equal stages run in the order in which they were added`() {
        var stepped = SteppedBuild(slots: 1)
        for _ in 0..<50 { stepped.add(StageWork()) }
        stepped.tell()
        stepped.finishAll()
        #expect(stepped.order == (0..<50).map { StageIndex($0) })
    }

    @Test func `builds share slots by weight`() {
        var scheduler = Scheduler()
        _ = scheduler.step(.nodeJoined(NodeID(0), .init(run: 0, transfer: 0)), now: start)
        for (build, weight) in [(UInt32(0), 1), (1, 3)] {
            _ = scheduler.step(.buildAdded(BuildID(build), .init(weight: weight)), now: start)
            var batch = StageBatch()
            for _ in 0..<100 { batch.append(StageWork()) }
            _ = scheduler.step(.stagesAdded(BuildID(build), batch), now: start)
        }
        let effects = scheduler.step(.nodeJoined(NodeID(0), .init(run: 40, transfer: 0)), now: start)
        #expect(effects.count { $0.build == BuildID(0) } == 10)
        #expect(effects.count { $0.build == BuildID(1) } == 30)
    }

    @Test func `a small build is served at the next free slot beside a big one`() {
        var scheduler = Scheduler()
        _ = scheduler.step(.nodeJoined(NodeID(0), .init(run: 4, transfer: 0)), now: start)
        _ = scheduler.step(.buildAdded(BuildID(0), .init(weight: 100)), now: start)
        var big = StageBatch()
        for _ in 0..<1_000 { big.append(StageWork(expected: 1_000 * second)) }
        let running = scheduler.step(.stagesAdded(BuildID(0), big), now: start)
        _ = scheduler.step(.buildAdded(BuildID(1), .init()), now: start)
        var small = StageBatch()
        small.append(StageWork())
        #expect(scheduler.step(.stagesAdded(BuildID(1), small), now: start).isEmpty)
        guard case .assign(let build, let shard, let node, let attempt) = running[0] else {
            Issue.record("nothing runs")
            return
        }
        let next = scheduler.step(.finished(build, shard[0], node, attempt, .done), now: start)
        #expect(next.map(\.build) == [BuildID(1)])
    }
}

extension Scheduler.Effect {
    var build: BuildID {
        switch self {
        case .assign(let build, _, _, _), .stop(let build, _, _, _, _), .recall(let build, _, _, _),
            .skipped(let build, _, _), .failed(let build, _), .ended(let build, _):
            build
        }
    }
}
