// Failures, cancellation and lost nodes: what stops, what is tried again, and how a build ends.

import Testing

@testable import Scheduling

@Suite struct `Failures` {
    private let failed = Scheduler.Outcome.failed(retryable: false)

    @Test func `without keepGoing running stages are stopped and the build ends when they reported`() {
        var stepped = SteppedBuild(slots: 2)
        let bad = stepped.add(StageWork())
        let other = stepped.add(StageWork())
        let third = stepped.add(StageWork())
        stepped.tell()
        let held = stepped.running[1]
        stepped.report(0, failed)
        #expect(
            stepped.effects == [
                .failed(stepped.build, bad),
                .stop(stepped.build, other, held.node, held.attempt, .failed(bad)),
                .skipped(stepped.build, third, because: bad),
            ])
        stepped.report(0, .stopped)
        #expect(
            stepped.effects == [
                .skipped(stepped.build, other, because: bad), .ended(stepped.build, .failed(first: bad, count: 1)),
            ])
    }

    @Test func `with keepGoing only what is below is skipped, also what is added later`() {
        var stepped = SteppedBuild(slots: 2, limits: .init(keepGoing: true))
        let bad = stepped.add(StageWork())
        let good = stepped.add(StageWork())
        let below = stepped.add(StageWork(), [bad])
        stepped.tell()
        stepped.report(0, failed)
        #expect(stepped.effects == [.failed(stepped.build, bad), .skipped(stepped.build, below, because: bad)])
        let later = stepped.add(StageWork(), [good, below])
        stepped.tell()
        #expect(stepped.effects == [.skipped(stepped.build, later, because: bad)])
        stepped.send(.sealed(stepped.build))
        stepped.report(0)
        #expect(stepped.effects == [.ended(stepped.build, .failed(first: bad, count: 1))])
    }

    @Test func `a failure in the middle of a shard skips its rest`() {
        var stepped = SteppedBuild(slots: 1, limits: .init(keepGoing: true))
        let head = stepped.add(StageWork())
        let bad = stepped.add(StageWork(chainable: true), [head])
        let rest = stepped.add(StageWork(chainable: true), [bad])
        stepped.tell()
        stepped.report(0, stage: 0)
        stepped.report(0, stage: 1, failed)
        #expect(stepped.effects == [.failed(stepped.build, bad), .skipped(stepped.build, rest, because: bad)])
        stepped.send(.sealed(stepped.build))
        #expect(stepped.effects == [.ended(stepped.build, .failed(first: bad, count: 1))])
    }

    @Test func `a retryable failure is tried again on another node, three times in all`() {
        var stepped = SteppedBuild(nodes: 2, slots: 1)
        let stage = stepped.add(StageWork())
        stepped.tell()
        let first = stepped.nodes[0]
        stepped.report(0, .failed(retryable: true))
        #expect(stepped.nodes == [1 - first])
        stepped.report(0, .failed(retryable: true))
        #expect(stepped.nodes == [first])
        stepped.report(0, .failed(retryable: true))
        #expect(
            stepped.effects == [.failed(stepped.build, stage), .ended(stepped.build, .failed(first: stage, count: 1))])
    }

    @Test func `a stage that takes its nodes down with it is given up`() {
        var stepped = SteppedBuild(nodes: 3, slots: 1)
        let stage = stepped.add(StageWork())
        stepped.tell()
        for _ in 0..<3 { stepped.send(.nodeLeft(stepped.running[stepped.running.count - 1].node, .lost)) }
        #expect(stepped.order.count == 3)
        #expect(
            stepped.effects == [.failed(stepped.build, stage), .ended(stepped.build, .failed(first: stage, count: 1))])
    }

    @Test func `a cancelled build stops what runs and says why`() {
        var stepped = SteppedBuild(slots: 1)
        let stage = stepped.add(StageWork())
        stepped.add(StageWork())
        stepped.tell()
        let held = stepped.running[0]
        stepped.send(.cancelled(stepped.build, .deadline))
        #expect(stepped.effects == [.stop(stepped.build, stage, held.node, held.attempt, .deadline)])
        stepped.report(0, .stopped)
        #expect(stepped.effects == [.ended(stepped.build, .cancelled(.deadline))])
        stepped.send(.sealed(stepped.build))
        #expect(stepped.effects.isEmpty)
    }

    @Test func `an empty build ends when it is sealed`() {
        var stepped = SteppedBuild(slots: 1)
        stepped.send(.sealed(stepped.build))
        #expect(stepped.effects == [.ended(stepped.build, .done)])
    }

    @Test func `too many stages cancel the build with the limit`() {
        var stepped = SteppedBuild(slots: 1)
        stepped.scheduler.stagesLimit = 10
        for _ in 0..<10 { stepped.add(StageWork()) }
        stepped.tell()
        #expect(stepped.order.count == 1)
        stepped.add(StageWork())
        stepped.tell()
        let reason = Scheduler.StopReason.tooManyStages(limit: 10)
        #expect(
            stepped.effects == [.stop(stepped.build, StageIndex(0), NodeID(0), stepped.running[0].attempt, reason)])
        stepped.report(0, .stopped)
        #expect(stepped.effects == [.ended(stepped.build, .cancelled(reason))])
    }

    // MARK: Nodes

    @Test func `a lost node's shards run elsewhere and its late reports are ignored`() {
        var stepped = SteppedBuild(nodes: 2, slots: 1)
        let head = stepped.add(StageWork())
        let next = stepped.add(StageWork(chainable: true), [head])
        stepped.tell()
        stepped.send(.sealed(stepped.build))
        let held = stepped.running.removeFirst()
        stepped.send(.finished(stepped.build, head, held.node, held.attempt, .done))
        stepped.send(.nodeLeft(held.node, .lost))
        #expect(stepped.running.map { Array($0.shard) } == [[next]])
        #expect(stepped.running[0].node != held.node)
        stepped.send(.finished(stepped.build, next, held.node, held.attempt, .done))
        #expect(stepped.effects.isEmpty)
        stepped.report(0)
        #expect(stepped.effects == [.ended(stepped.build, .done)])
    }

    @Test func `a draining node finishes what it started, gives back the rest and takes nothing new`() {
        var stepped = SteppedBuild(nodes: 1, slots: 2)
        for _ in 0..<3 { stepped.add(StageWork()) }
        stepped.tell()
        stepped.start(0)
        let waiting = stepped.running[1]
        stepped.send(.nodeLeft(NodeID(0), .draining))
        #expect(stepped.effects == [.recall(stepped.build, StageIndex(1), waiting.node, waiting.attempt)])
        stepped.send(.returned(stepped.build, waiting.node, waiting.attempt))
        stepped.report(0)
        #expect(stepped.order.count == 2)
        stepped.send(.nodeJoined(NodeID(1), .init(run: 9, transfer: 0)))
        #expect(stepped.order.suffix(2) == [StageIndex(1), StageIndex(2)])
    }

    @Test func `reports that name what is unknown change nothing`() {
        var stepped = SteppedBuild(slots: 1)
        stepped.add(StageWork())
        stepped.tell()
        let held = stepped.running[0]
        let wrong: [Event] = [
            .finished(stepped.build, StageIndex(7), held.node, held.attempt, .done),
            .finished(stepped.build, StageIndex(-1), held.node, held.attempt, .done),
            .finished(stepped.build, StageIndex(0), NodeID(9), held.attempt, .done),
            .finished(BuildID(9), StageIndex(0), held.node, held.attempt, .done),
            .finished(stepped.build, StageIndex(0), held.node, Attempt(.max), .done),
            .overdue(stepped.build, StageIndex(-1)), .overdue(stepped.build, StageIndex(9)),
            .lost(stepped.build, [StageIndex(0)]), .replaced(stepped.build, StageIndex(.max)),
            .nodeLeft(NodeID(9), .lost), .nodeLeft(NodeID(9), .draining), .sealed(BuildID(9)),
            .cancelled(BuildID(9), .user), .stagesAdded(BuildID(9), StageBatch()),
        ]
        for event in wrong {
            stepped.send(event)
            #expect(stepped.effects.isEmpty)
        }
        #expect(stepped.scheduler.progress(of: stepped.build)?.assigned == 1)
    }
}
