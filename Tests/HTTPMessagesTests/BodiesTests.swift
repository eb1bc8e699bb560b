// Bodies between a writer and a reader: order, room, ends, and who goes away first.
import Synchronization
import Testing

@testable import HTTPMessages

private final class Count: Sendable {
    private let count = Atomic(0)
    var value: Int { count.load(ordering: .relaxed) }
    func add(_ more: Int) { count.add(more, ordering: .relaxed) }
}

private struct Broken: Error, Equatable {}

@Suite struct `Bodies on their way` {
    @Test func `pieces come in their order and empty ones not at all`() async throws {
        let body = Body()
        for number in 0..<500 { body.offer(number % 3 == 0 ? [] : [UInt8(number % 256)]) }
        body.finish()
        var read: [UInt8] = []
        while let piece = try await body.next() {
            #expect(!piece.isEmpty)
            read += piece
        }
        var expected: [UInt8] = []
        for number in 0..<500 where number % 3 != 0 { expected.append(UInt8(number % 256)) }
        #expect(read == expected)
        #expect(try await body.next() == nil)
        #expect(!body.offer([1]))
    }

    @Test func `a body that is there already is read at once`() async throws {
        #expect(try await Body([1, 2, 3]).bytes(atMost: 3) == [1, 2, 3])
        #expect(try await Body([]).next() == nil)
        await #expect(throws: Body.Failure.broken("it has more than 2 bytes")) {
            _ = try await Body([1, 2, 3]).bytes(atMost: 2)
        }
    }

    @Test func `a writer waits for room and goes on when there is some`() async throws {
        let body = Body()
        let written = Count()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for _ in 0..<64 {
                    try await body.write([UInt8](repeating: 1, count: 64 << 10))
                    written.add(1)
                }
                body.finish()
            }
            var read = 0
            while let piece = try await body.next() {
                read += piece.count
                let ahead = written.value * (64 << 10) - read
                #expect(ahead <= Body.roomMax)
            }
            #expect(read == 64 * (64 << 10))
            try await group.waitForAll()
        }
    }

    @Test func `a failure comes after what was written`() async throws {
        let body = Body()
        body.offer([1])
        body.fail(Broken())
        #expect(try await body.next() == [1])
        await #expect(throws: Broken()) { _ = try await body.next() }
    }

    @Test func `a writer hears that its reader has left, whether it waits or not`() async throws {
        let body = Body()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await #expect(throws: Body.Failure.self) {
                    while true { try await body.write([UInt8](repeating: 0, count: 100_000)) }
                }
            }
            _ = try? await body.next()
            body.abandon()
        }
        await #expect(throws: Body.Failure.self) { try await body.write([1]) }
        await #expect(throws: Body.Failure.self) { _ = try await body.next() }
    }

    @Test func `cancelling ends a reader and a writer that wait`() async {
        for waitsToRead in [true, false] {
            let body = Body()
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(throws: CancellationError.self) {
                        if waitsToRead { _ = try await body.next() }
                        while true { try await body.write([UInt8](repeating: 0, count: 100_000)) }
                    }
                }
                group.cancelAll()
            }
        }
    }

    @Test func `what is read or thrown away is credited once`() async throws {
        let credited = Count()
        let left = Count()
        do {
            let body = Body(
                taken: { credited.add($0) }, abandoned: { left.add(1) })
            body.offer([1, 2])
            body.offer([3, 4, 5])
            #expect(try await body.next() == [1, 2])
            #expect(credited.value == 2)
        }
        #expect(credited.value == 5)
        #expect(left.value == 1)
    }

    @Test func `letting go of a body that had ended is no early leave`() async throws {
        let credited = Count()
        let left = Count()
        do {
            let body = Body(
                taken: { credited.add($0) }, abandoned: { left.add(1) })
            body.offer([1])
            body.finish()
        }
        #expect(credited.value == 1)
        #expect(left.value == 0)
    }

    @Test func `a reader that does not wait is called once when there is something`() {
        let body = Body()
        let calls = Count()
        guard case .later = body.pull(orCall: { calls.add(1) }) else {
            Issue.record("an empty body gave something")
            return
        }
        body.offer([1])
        body.offer([2])
        #expect(calls.value == 1)
        guard case .piece([1]) = body.pull(orCall: {}) else {
            Issue.record("the first piece is not there")
            return
        }
    }
}
