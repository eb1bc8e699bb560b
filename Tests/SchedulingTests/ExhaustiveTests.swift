// Every small case: all graphs of up to four stages, all slot counts, all sets of failing stages, all orders of reports.

import Testing

@testable import Scheduling

@Suite struct `All small graphs` {
    @Test(arguments: [true, false], [true, false])
    func `every order of reports ends right`(keepGoing: Bool, chainable: Bool) {
        var ends = 0
        for count in 1...4 {
            for edges in 0..<(1 << (count * (count - 1) / 2)) {
                for slots in 1...3 {
                    for failing in 0..<(1 << count) {
                        let world = world(count, edges, slots, failing, keepGoing: keepGoing, chainable: chainable)
                        let wrong = explore(world, &ends)
                        if let wrong {
                            Issue.record(
                                "\(count) stages, edges \(edges), \(slots) slots, failing \(failing): \(wrong)")
                            return
                        }
                    }
                }
            }
        }
        // 75 graphs in 1, 2, 4, … sets of failing stages, with three slot counts each, is the least number of ends.
        #expect(ends >= 3 * (1 * 2 + 2 * 4 + 8 * 8 + 64 * 16))
    }

    private func world(
        _ count: Int, _ edges: Int, _ slots: Int, _ failing: Int, keepGoing: Bool, chainable: Bool
    ) -> World {
        var world = World()
        let build = BuildID(0)
        world.send(.nodeJoined(NodeID(0), .init(run: slots, transfer: 0)))
        world.send(.buildAdded(build, .init(keepGoing: keepGoing)))
        var batch = StageBatch()
        var bit = 0
        for stage in 0..<count {
            let parents = (0..<stage).filter { edges & (1 << (bit + $0)) != 0 }
            bit += stage
            batch.append(StageWork(chainable: chainable), parents: parents.map { StageIndex(Int32($0)) })
        }
        world.send(.stagesAdded(build, batch))
        world.builds[build]?.cursed = Set((0..<count).filter { failing & (1 << $0) != 0 })
        world.send(.sealed(build))
        return world
    }

    // The scheduler is a value: each order of reports goes on from a copy.
    private func explore(_ world: World, _ ends: inout Int) -> String? {
        if let violation = world.violation { return violation }
        let busy = world.busy
        guard !busy.isEmpty else {
            ends += 1
            return verdict(world)
        }
        for index in busy {
            var next = world
            let held = next.shards[index]
            let isCursed = next.builds[BuildID(0)]?.cursed.contains(Int(held.shard[held.position].raw)) == true
            next.report(index, held.toldToStop ? .stopped : isCursed ? .failed(retryable: false) : .done)
            next.deliver(0)
            if let wrong = explore(next, &ends) { return wrong }
        }
        return nil
    }

    private func verdict(_ world: World) -> String? {
        guard let build = world.builds[BuildID(0)], let outcome = build.outcome else { return "it did not end" }
        let ended = build.done.count + build.failed.count + build.skipped.count
        guard ended == build.works.count else { return "\(ended) of \(build.works.count) stages have an end" }
        guard build.assignments.values.allSatisfy({ $0 == 1 }) else { return "a stage was assigned twice" }
        guard build.cursed.isEmpty == (outcome == .done) else { return "ended as \(outcome)" }
        guard build.limits.keepGoing else { return build.failed.count <= 3 ? nil : "too many failures" }
        for stage in build.works.indices {
            let isBelowFailed = !build.ancestors(of: stage).isDisjoint(with: build.cursed)
            let end =
                isBelowFailed
                ? build.skipped[stage] != nil
                : build.cursed.contains(stage) ? build.failed.contains(stage) : build.done.contains(stage)
            if !end { return "stage \(stage) has the wrong end" }
        }
        return nil
    }
}
