// Shards and places: which stages go together, and where they go.

import Testing

@testable import Scheduling

@Suite struct `Shards and places` {
    @Test func `a chain of stages with one parent each runs in one go`() {
        var stepped = SteppedBuild(nodes: 2, slots: 4)
        let head = stepped.add(StageWork())
        let middle = stepped.add(StageWork(chainable: true), [head])
        let last = stepped.add(StageWork(chainable: true), [middle])
        stepped.tell()
        #expect(stepped.running.map { Array($0.shard) } == [[head, middle, last]])
    }

    @Test func `a chain ends where a stage may not be chained, has two parents, or takes another slot`() {
        var stepped = SteppedBuild(slots: 4)
        let head = stepped.add(StageWork())
        let next = stepped.add(StageWork(chainable: true), [head])
        stepped.add(StageWork(chainable: false), [next])
        stepped.add(StageWork(chainable: true), [next, head])
        stepped.add(StageWork(slot: .transfer, chainable: true), [next])
        stepped.tell()
        #expect(stepped.running.map { Array($0.shard) } == [[head, next]])
    }

    @Test func `of several children the most urgent joins the chain, the others start beside it`() {
        var stepped = SteppedBuild(slots: 4)
        let head = stepped.add(StageWork())
        let slow = stepped.add(StageWork(expected: 1, chainable: true), [head])
        let urgent = stepped.add(StageWork(expected: 9_000_000, chainable: true), [head])
        stepped.tell()
        #expect(stepped.running.map { Array($0.shard) } == [[head, urgent]])
        stepped.report(0, stage: 0)
        #expect(stepped.running.map { Array($0.shard) } == [[head, urgent], [slow]])
    }

    @Test func `a very long chain is cut into shards of 64`() {
        var stepped = SteppedBuild(slots: 1)
        var last = stepped.add(StageWork())
        for _ in 1..<100 { last = stepped.add(StageWork(chainable: true), [last]) }
        stepped.tell()
        #expect(stepped.running.map(\.shard.count) == [64])
        stepped.finishNext()
        #expect(stepped.running.map(\.shard.count) == [36])
    }

    @Test func `reports of one shard may arrive in any order`() {
        var stepped = SteppedBuild(slots: 1)
        let head = stepped.add(StageWork())
        let next = stepped.add(StageWork(chainable: true), [head])
        let after = stepped.add(StageWork(), [next])
        stepped.tell()
        stepped.send(.sealed(stepped.build))
        let held = stepped.running[0]
        stepped.send(.finished(stepped.build, next, held.node, held.attempt, .done))
        #expect(stepped.order == [head])
        stepped.send(.finished(stepped.build, head, held.node, held.attempt, .done))
        #expect(stepped.order == [head, after])
    }

    @Test func `a stage with much to move goes where its parent ran`() {
        var stepped = SteppedBuild(nodes: 3, slots: 2)
        let parents = (0..<3).map { _ in stepped.add(StageWork()) }
        stepped.tell()
        #expect(Set(stepped.nodes) == [0, 1, 2])
        let places = stepped.nodes
        for parent in parents { stepped.add(StageWork(bytes: 1 << 20), [parent]) }
        stepped.tell()
        for _ in parents { stepped.report(0) }
        #expect(stepped.nodes == places)
    }

    @Test func `a free slot is used even if the bytes are elsewhere`() {
        var stepped = SteppedBuild(nodes: 2, slots: 1)
        let parent = stepped.add(StageWork())
        stepped.tell()
        let first = stepped.nodes[0]
        for _ in 0..<2 { stepped.add(StageWork(bytes: 1 << 30), [parent]) }
        stepped.tell()
        stepped.report(0)
        #expect(stepped.nodes == [first, 1 - first])
    }

    @Test func `the home wins where costs are equal`() {
        var stepped = SteppedBuild(nodes: 5, slots: 2)
        stepped.add(StageWork(home: NodeID(3)))
        stepped.tell()
        #expect(stepped.nodes == [3])
    }

    @Test func `a pinned stage waits for its node, one that follows its parent does not`() {
        var stepped = SteppedBuild(nodes: 2, slots: 1)
        let parent = stepped.add(StageWork(place: .node(NodeID(1))))
        stepped.add(StageWork(place: .withParent), [parent])
        stepped.add(StageWork(place: .node(NodeID(1))), [parent])
        stepped.tell()
        stepped.report(0)
        #expect(stepped.nodes == [1])
        stepped.send(.nodeLeft(NodeID(1), .lost))
        #expect(stepped.order == [parent, StageIndex(1), StageIndex(1)])
        #expect(stepped.nodes.last == 0)
        stepped.send(.nodeJoined(NodeID(1), .init(run: 1, transfer: 0)))
        #expect(stepped.order.last == StageIndex(2))
        #expect(stepped.nodes.last == 1)
    }

    @Test func `no more stages of a build run on a node than its limit says, transfers apart`() {
        var stepped = SteppedBuild(nodes: 2, slots: 8, limits: .init(tasksPerNode: 3))
        for _ in 0..<20 { stepped.add(StageWork()) }
        for _ in 0..<4 { stepped.add(StageWork(slot: .transfer, place: .node(NodeID(0)))) }
        stepped.tell()
        #expect(stepped.nodes.count { $0 == 0 } == 3 + 4)
        #expect(stepped.nodes.count { $0 == 1 } == 3)
    }

    // MARK: Memory

    @Test func `stages run together while their memory fits`() {
        var stepped = SteppedBuild(slots: 8, memory: 100)
        for _ in 0..<5 { stepped.add(StageWork(memory: 40)) }
        stepped.tell()
        #expect(stepped.running.count == 2)
    }

    @Test func `a stage that needs a whole node is not starved by small ones`() {
        var stepped = SteppedBuild(slots: 4, memory: 100)
        for _ in 0..<4 { stepped.add(StageWork(expected: 9_000_000, memory: 25)) }
        let big = stepped.add(StageWork(expected: 8_000_000, memory: 90))
        for _ in 0..<50 { stepped.add(StageWork(expected: 1_000_000, memory: 25)) }
        stepped.tell()
        for _ in 0..<4 { stepped.report(0) }
        #expect(stepped.assigned == [big])
    }

    @Test func `a stage that is too big for every node runs alone`() {
        var stepped = SteppedBuild(slots: 4, memory: 100)
        let big = stepped.add(StageWork(expected: 1_000_000, memory: 500))
        stepped.add(StageWork(memory: 1))
        stepped.tell()
        #expect(stepped.assigned == [big])
    }
}
