// Failures, cancellation and lost nodes: what stops, what is tried again, and how a build ends.

import Testing

@testable import Scheduling

@Suite struct `Failures` {
    private let failed = Scheduler.Outcome.failed(retryable: false)

    @Test func `without keepGoing running stages are stopped and the build ends when they reported`() {
        var bench = Bench(slots: 2)
        let bad = bench.add(StageWork())
        let other = bench.add(StageWork())
        let third = bench.add(StageWork())
        bench.tell()
        let held = bench.running[1]
        bench.report(0, failed)
        #expect(
            bench.effects == [
                .failed(bench.build, bad),
                .stop(bench.build, other, held.node, held.attempt, .failed(bad)),
                .skipped(bench.build, third, because: bad),
            ])
        bench.report(0, .stopped)
        #expect(
            bench.effects == [
                .skipped(bench.build, other, because: bad), .ended(bench.build, .failed(first: bad, count: 1)),
            ])
    }

    @Test func `with keepGoing only what is below is skipped, also what is added later`() {
        var bench = Bench(slots: 2, limits: .init(keepGoing: true))
        let bad = bench.add(StageWork())
        let good = bench.add(StageWork())
        let below = bench.add(StageWork(), [bad])
        bench.tell()
        bench.report(0, failed)
        #expect(bench.effects == [.failed(bench.build, bad), .skipped(bench.build, below, because: bad)])
        let later = bench.add(StageWork(), [good, below])
        bench.tell()
        #expect(bench.effects == [.skipped(bench.build, later, because: bad)])
        bench.send(.sealed(bench.build))
        bench.report(0)
        #expect(bench.effects == [.ended(bench.build, .failed(first: bad, count: 1))])
    }

    @Test func `a failure in the middle of a shard skips its rest`() {
        var bench = Bench(slots: 1, limits: .init(keepGoing: true))
        let head = bench.add(StageWork())
        let bad = bench.add(StageWork(chainable: true), [head])
        let rest = bench.add(StageWork(chainable: true), [bad])
        bench.tell()
        bench.report(0, stage: 0)
        bench.report(0, stage: 1, failed)
        #expect(bench.effects == [.failed(bench.build, bad), .skipped(bench.build, rest, because: bad)])
        bench.send(.sealed(bench.build))
        #expect(bench.effects == [.ended(bench.build, .failed(first: bad, count: 1))])
    }

    @Test func `a retryable failure is tried again on another node, three times in all`() {
        var bench = Bench(nodes: 2, slots: 1)
        let stage = bench.add(StageWork())
        bench.tell()
        let first = bench.nodes[0]
        bench.report(0, .failed(retryable: true))
        #expect(bench.nodes == [1 - first])
        bench.report(0, .failed(retryable: true))
        #expect(bench.nodes == [first])
        bench.report(0, .failed(retryable: true))
        #expect(
            bench.effects == [.failed(bench.build, stage), .ended(bench.build, .failed(first: stage, count: 1))])
    }

    @Test func `a stage that takes its nodes down with it is given up`() {
        var bench = Bench(nodes: 3, slots: 1)
        let stage = bench.add(StageWork())
        bench.tell()
        for _ in 0..<3 { bench.send(.nodeLeft(bench.running[bench.running.count - 1].node, .lost)) }
        #expect(bench.order.count == 3)
        #expect(
            bench.effects == [.failed(bench.build, stage), .ended(bench.build, .failed(first: stage, count: 1))])
    }

    @Test func `a cancelled build stops what runs and says why`() {
        var bench = Bench(slots: 1)
        let stage = bench.add(StageWork())
        bench.add(StageWork())
        bench.tell()
        let held = bench.running[0]
        bench.send(.cancelled(bench.build, .deadline))
        #expect(bench.effects == [.stop(bench.build, stage, held.node, held.attempt, .deadline)])
        bench.report(0, .stopped)
        #expect(bench.effects == [.ended(bench.build, .cancelled(.deadline))])
        bench.send(.sealed(bench.build))
        #expect(bench.effects.isEmpty)
    }

    @Test func `an empty build ends when it is sealed`() {
        var bench = Bench(slots: 1)
        bench.send(.sealed(bench.build))
        #expect(bench.effects == [.ended(bench.build, .done)])
    }

    @Test func `too many stages cancel the build with the limit`() {
        var bench = Bench(slots: 1)
        bench.scheduler.stagesLimit = 10
        for _ in 0..<10 { bench.add(StageWork()) }
        bench.tell()
        #expect(bench.order.count == 1)
        bench.add(StageWork())
        bench.tell()
        let reason = Scheduler.StopReason.tooManyStages(limit: 10)
        #expect(
            bench.effects == [.stop(bench.build, StageIndex(0), NodeID(0), bench.running[0].attempt, reason)])
        bench.report(0, .stopped)
        #expect(bench.effects == [.ended(bench.build, .cancelled(reason))])
    }

    // MARK: Nodes

    @Test func `a lost node's shards run elsewhere and its late reports are ignored`() {
        var bench = Bench(nodes: 2, slots: 1)
        let head = bench.add(StageWork())
        let next = bench.add(StageWork(chainable: true), [head])
        bench.tell()
        bench.send(.sealed(bench.build))
        let held = bench.running.removeFirst()
        bench.send(.finished(bench.build, head, held.node, held.attempt, .done))
        bench.send(.nodeLeft(held.node, .lost))
        #expect(bench.running.map { Array($0.shard) } == [[next]])
        #expect(bench.running[0].node != held.node)
        bench.send(.finished(bench.build, next, held.node, held.attempt, .done))
        #expect(bench.effects.isEmpty)
        bench.report(0)
        #expect(bench.effects == [.ended(bench.build, .done)])
    }

    @Test func `a draining node finishes what it started, gives back the rest and takes nothing new`() {
        var bench = Bench(nodes: 1, slots: 2)
        for _ in 0..<3 { bench.add(StageWork()) }
        bench.tell()
        bench.start(0)
        let waiting = bench.running[1]
        bench.send(.nodeLeft(NodeID(0), .draining))
        #expect(bench.effects == [.recall(bench.build, StageIndex(1), waiting.node, waiting.attempt)])
        bench.send(.returned(bench.build, waiting.node, waiting.attempt))
        bench.report(0)
        #expect(bench.order.count == 2)
        bench.send(.nodeJoined(NodeID(1), .init(run: 9, transfer: 0)))
        #expect(bench.order.suffix(2) == [StageIndex(1), StageIndex(2)])
    }

    @Test func `reports that name what is unknown change nothing`() {
        var bench = Bench(slots: 1)
        bench.add(StageWork())
        bench.tell()
        let held = bench.running[0]
        let wrong: [Event] = [
            .finished(bench.build, StageIndex(7), held.node, held.attempt, .done),
            .finished(bench.build, StageIndex(-1), held.node, held.attempt, .done),
            .finished(bench.build, StageIndex(0), NodeID(9), held.attempt, .done),
            .finished(BuildID(9), StageIndex(0), held.node, held.attempt, .done),
            .finished(bench.build, StageIndex(0), held.node, Attempt(.max), .done),
            .overdue(bench.build, StageIndex(-1)), .overdue(bench.build, StageIndex(9)),
            .lost(bench.build, StageIndex(0)), .replaced(bench.build, StageIndex(.max)),
            .nodeLeft(NodeID(9), .lost), .nodeLeft(NodeID(9), .draining), .sealed(BuildID(9)),
            .cancelled(BuildID(9), .user), .stagesAdded(BuildID(9), StageBatch()),
        ]
        for event in wrong {
            bench.send(event)
            #expect(bench.effects.isEmpty)
        }
        #expect(bench.scheduler.progress(of: bench.build)?.assigned == 1)
    }
}
