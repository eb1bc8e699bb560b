// Who runs next on a node: never more than there are slots, and no build starves another.
import Testing

@testable import Peering

@Suite struct `Slots of a node` {
    @Test func `go to those who came first`() {
        var queue = SlotQueue(slots: 2)
        let tickets = (0..<4).compactMap { _ in queue.enter("one") }
        #expect(queue.grant() == Array(tickets.prefix(2)))
        #expect(queue.grant() == [])
        queue.leave(tickets[0])
        #expect(queue.grant() == [tickets[2]])
        #expect((queue.runningCount, queue.waitingCount) == (2, 1))
    }

    @Test func `are shared by builds, however many orders one of them has`() {
        var queue = SlotQueue(slots: 2)
        let many = (0..<100).compactMap { _ in queue.enter("many") }
        #expect(queue.grant() == Array(many.prefix(2)))
        let few = (0..<3).compactMap { _ in queue.enter("few") }
        queue.leave(many[0])
        #expect(queue.grant() == [few[0]])
        queue.leave(many[1])
        // Both have one by then: whoever waits longest.
        #expect(queue.grant() == [many[2]])
        queue.leave(many[2])
        #expect(queue.grant() == [many[3]])
        queue.leave(few[0])
        #expect(queue.grant() == [few[1]])
    }

    @Test func `are not given to who left while waiting`() {
        var queue = SlotQueue(slots: 1)
        let tickets = (0..<3).compactMap { _ in queue.enter("one") }
        _ = queue.grant()
        queue.leave(tickets[1])
        queue.leave(tickets[0])
        #expect(queue.grant() == [tickets[2]])
        queue.leave(tickets[2])
        queue.leave(tickets[2])
        #expect(queue.grant() == [])
        #expect(queue.runningCount == 0)
    }

    @Test func `have a line of bounded length`() {
        var queue = SlotQueue(slots: 1)
        for _ in 0..<SlotQueue.waitersMax { #expect(queue.enter("one") != nil) }
        #expect(queue.enter("one") == nil)
    }

    @Test func `are never held by more than there are, whatever happens`() {
        for seed in UInt64(1)...200 {
            var (queue, state, open) = (SlotQueue(slots: 3), seed, [SlotQueue.Ticket]())
            for _ in 0..<300 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                if state >> 60 < 9, let ticket = queue.enter("b\(state >> 40 & 3)") {
                    open.append(ticket)
                } else if !open.isEmpty {
                    queue.leave(open.remove(at: Int(state >> 33) % open.count))
                }
                _ = queue.grant()
                #expect(queue.runningCount <= 3)
                #expect(queue.waitingCount == 0 || queue.runningCount == 3, "a slot is free and somebody waits")
                #expect(queue.runningCount + queue.waitingCount == open.count)
            }
        }
    }
}

@Suite struct `Admission to a node` {
    @Test func `runs no more at once than there are slots`() async throws {
        let admission = Admission(slots: 3)
        let counter = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    _ = try await admission.run("b\(number % 3)") {
                        await counter.enter()
                        for _ in 0..<5 { await Task.yield() }
                        await counter.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(await counter.peak == 3)
        #expect(admission.counts == (0, 0))
    }

    @Test func `gives a cancelled one's place to the next`() async throws {
        let admission = Admission(slots: 1)
        let gate = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
        try await withThrowingTaskGroup(of: String?.self) { group in
            group.addTask {
                try await admission.run("one") {
                    for await _ in gate.stream { break }
                    return "first"
                }
            }
            while admission.counts.running == 0 { await Task.yield() }
            let waiting = Task { try await admission.run("one") { "cancelled" } }
            while admission.counts.waiting == 0 { await Task.yield() }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            group.addTask { try await admission.run("one") { "next" } }
            while admission.counts.waiting == 0 { await Task.yield() }
            gate.continuation.yield()
            var results: Set<String?> = []
            for try await result in group { results.insert(result) }
            #expect(results == ["first", "next"])
        }
    }

    @Test func `refuses all that wait when it closes, and lets the others end`() async throws {
        let admission = Admission(slots: 1)
        let gate = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
        try await withThrowingTaskGroup(of: String?.self) { group in
            group.addTask {
                try await admission.run("one") {
                    for await _ in gate.stream { break }
                    return "ran"
                }
            }
            while admission.counts.running == 0 { await Task.yield() }
            group.addTask { try await admission.run("one") { "waited" } }
            while admission.counts.waiting == 0 { await Task.yield() }
            admission.close()
            gate.continuation.yield()
            var results: [String?] = []
            for try await result in group { results.append(result) }
            #expect(results.compactMap { $0 } == ["ran"])
        }
        #expect(try await admission.run("one") { "later" } == nil)
    }
}

private actor Counter {
    private var running = 0
    private(set) var peak = 0

    func enter() {
        running += 1
        peak = max(peak, running)
    }

    func leave() { running -= 1 }
}
