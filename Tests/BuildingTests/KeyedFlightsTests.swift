// One at a time for each key, and nobody waits who was told not to.
import Synchronization
import Testing

@testable import Building

@Suite(.timeLimit(.minutes(5))) struct `Work on a key` {
    /// Fires once.
    private final class Signal: Sendable {
        private let pair = AsyncStream.makeStream(of: Void.self)
        func fire() { pair.continuation.finish() }
        func wait() async { for await _ in pair.stream {} }
    }

    private final class Tally: Sendable {
        private let counts = Mutex((now: 0, most: 0, all: 0))
        var now: Int { counts.withLock { $0.now } }
        var most: Int { counts.withLock { $0.most } }
        var all: Int { counts.withLock { $0.all } }
        func begin() { counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1), $0.all + 1) } }
        func end() { counts.withLock { $0.now -= 1 } }
    }

    @Test func `is done by one at a time`() async throws {
        let flights = KeyedFlights<Int>()
        let tally = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    try await flights.run(number % 2) {
                        tally.begin()
                        await Task.yield()
                        tally.end()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(tally.now == 0 && tally.most <= 2 && tally.all == 200)
    }

    @Test func `is not waited for by who is cancelled, and goes on`() async throws {
        let flights = KeyedFlights<Int>()
        let (begun, released) = (Signal(), Signal())
        try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask {
                try await flights.run(1) {
                    begun.fire()
                    await released.wait()
                    return 1
                }
            }
            await begun.wait()
            await withTaskGroup(of: Void.self) { waiters in
                for _ in 0..<3 {
                    waiters.addTask {
                        await #expect(throws: CancellationError.self) {
                            try await flights.run(1) { Issue.record("two at a time") }
                        }
                    }
                }
                waiters.cancelAll()
            }
            // All three have left, and the first still works.
            group.addTask { try await flights.run(1) { 2 } }
            released.fire()
            var results: Set<Int> = []
            for try await result in group { results.insert(result) }
            #expect(results == [1, 2])
        }
        #expect(try await flights.run(1) { 3 } == 3)
    }
}
