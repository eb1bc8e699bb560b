// Shards and places: which stages go together, and where they go.

import Testing

@testable import Scheduling

@Suite struct `Shards and places` {
    @Test func `a chain of stages with one parent each runs in one go`() {
        var bench = Bench(nodes: 2, slots: 4)
        let head = bench.add(StageWork())
        let middle = bench.add(StageWork(chainable: true), [head])
        let last = bench.add(StageWork(chainable: true), [middle])
        bench.tell()
        #expect(bench.running.map { Array($0.shard) } == [[head, middle, last]])
    }

    @Test func `a chain ends where a stage may not be chained, has two parents, or takes another slot`() {
        var bench = Bench(slots: 4)
        let head = bench.add(StageWork())
        let next = bench.add(StageWork(chainable: true), [head])
        bench.add(StageWork(chainable: false), [next])
        bench.add(StageWork(chainable: true), [next, head])
        bench.add(StageWork(slot: .transfer, chainable: true), [next])
        bench.tell()
        #expect(bench.running.map { Array($0.shard) } == [[head, next]])
    }

    @Test func `of several children the most urgent joins the chain, the others start beside it`() {
        var bench = Bench(slots: 4)
        let head = bench.add(StageWork())
        let slow = bench.add(StageWork(expected: 1, chainable: true), [head])
        let urgent = bench.add(StageWork(expected: 9_000_000, chainable: true), [head])
        bench.tell()
        #expect(bench.running.map { Array($0.shard) } == [[head, urgent]])
        bench.report(0, stage: 0)
        #expect(bench.running.map { Array($0.shard) } == [[head, urgent], [slow]])
    }

    @Test func `a very long chain is cut into shards of 64`() {
        var bench = Bench(slots: 1)
        var last = bench.add(StageWork())
        for _ in 1..<100 { last = bench.add(StageWork(chainable: true), [last]) }
        bench.tell()
        #expect(bench.running.map(\.shard.count) == [64])
        bench.finishNext()
        #expect(bench.running.map(\.shard.count) == [36])
    }

    @Test func `reports of one shard may arrive in any order`() {
        var bench = Bench(slots: 1)
        let head = bench.add(StageWork())
        let next = bench.add(StageWork(chainable: true), [head])
        let after = bench.add(StageWork(), [next])
        bench.tell()
        bench.send(.sealed(bench.build))
        let held = bench.running[0]
        bench.send(.finished(bench.build, next, held.node, held.attempt, .done))
        #expect(bench.order == [head])
        bench.send(.finished(bench.build, head, held.node, held.attempt, .done))
        #expect(bench.order == [head, after])
    }

    @Test func `a stage with much to move goes where its parent ran`() {
        var bench = Bench(nodes: 3, slots: 2)
        let parents = (0..<3).map { _ in bench.add(StageWork()) }
        bench.tell()
        #expect(Set(bench.nodes) == [0, 1, 2])
        let places = bench.nodes
        for parent in parents { bench.add(StageWork(bytes: 1 << 20), [parent]) }
        bench.tell()
        for _ in parents { bench.report(0) }
        #expect(bench.nodes == places)
    }

    @Test func `a free slot is used even if the bytes are elsewhere`() {
        var bench = Bench(nodes: 2, slots: 1)
        let parent = bench.add(StageWork())
        bench.tell()
        let first = bench.nodes[0]
        for _ in 0..<2 { bench.add(StageWork(bytes: 1 << 30), [parent]) }
        bench.tell()
        bench.report(0)
        #expect(bench.nodes == [first, 1 - first])
    }

    @Test func `the home wins where costs are equal`() {
        var bench = Bench(nodes: 5, slots: 2)
        bench.add(StageWork(home: NodeID(3)))
        bench.tell()
        #expect(bench.nodes == [3])
    }

    @Test func `a pinned stage waits for its node, one that follows its parent does not`() {
        var bench = Bench(nodes: 2, slots: 1)
        let parent = bench.add(StageWork(place: .node(NodeID(1))))
        bench.add(StageWork(place: .withParent), [parent])
        bench.add(StageWork(place: .node(NodeID(1))), [parent])
        bench.tell()
        bench.report(0)
        #expect(bench.nodes == [1])
        bench.send(.nodeLeft(NodeID(1), .lost))
        #expect(bench.order == [parent, StageIndex(1), StageIndex(1)])
        #expect(bench.nodes.last == 0)
        bench.send(.nodeJoined(NodeID(1), .init(run: 1, transfer: 0)))
        #expect(bench.order.last == StageIndex(2))
        #expect(bench.nodes.last == 1)
    }

    @Test func `no more stages of a build run on a node than its limit says, transfers apart`() {
        var bench = Bench(nodes: 2, slots: 8, limits: .init(tasksPerNode: 3))
        for _ in 0..<20 { bench.add(StageWork()) }
        for _ in 0..<4 { bench.add(StageWork(slot: .transfer, place: .node(NodeID(0)))) }
        bench.tell()
        #expect(bench.nodes.count { $0 == 0 } == 3 + 4)
        #expect(bench.nodes.count { $0 == 1 } == 3)
    }

    // MARK: Memory

    @Test func `stages run together while their memory fits`() {
        var bench = Bench(slots: 8, memory: 100)
        for _ in 0..<5 { bench.add(StageWork(memory: 40)) }
        bench.tell()
        #expect(bench.running.count == 2)
    }

    @Test func `a stage that needs a whole node is not starved by small ones`() {
        var bench = Bench(slots: 4, memory: 100)
        for _ in 0..<4 { bench.add(StageWork(expected: 9_000_000, memory: 25)) }
        let big = bench.add(StageWork(expected: 8_000_000, memory: 90))
        for _ in 0..<50 { bench.add(StageWork(expected: 1_000_000, memory: 25)) }
        bench.tell()
        for _ in 0..<4 { bench.report(0) }
        #expect(bench.assigned == [big])
    }

    @Test func `a stage that is too big for every node runs alone`() {
        var bench = Bench(slots: 4, memory: 100)
        let big = bench.add(StageWork(expected: 1_000_000, memory: 500))
        bench.add(StageWork(memory: 1))
        bench.tell()
        #expect(bench.assigned == [big])
    }
}
