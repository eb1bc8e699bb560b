// Lists of upstreams: asked for once for all pages, and no longer than they are fresh.
import Synchronization
import Testing

@testable import Peering

@Suite struct `Lists of an upstream` {
    private final class Clock: Sendable {
        private let now = Mutex(ContinuousClock.now)
        var time: ContinuousClock.Instant { now.withLock { $0 } }
        func pass(_ duration: Duration) { now.withLock { $0 += duration } }
    }

    private static let sizeMax = 1_000
    private let clock = Clock()
    private let lists: UpstreamLists<String, [String]>

    init() {
        let clock = clock
        lists = UpstreamLists(sizeMax: Self.sizeMax, size: { $0.count }, now: { clock.time })
    }

    private func list(_ found: [String]?, of name: String = "app", isNewList: Bool = false) async throws -> [String]? {
        clock.pass(.milliseconds(1))
        let oldest = lists.oldest(isNewList: isNewList)
        return try await lists.list(of: name, at: "hub", notBefore: oldest) { found }
    }

    @Test func `are one list for all its pages`() async throws {
        #expect(try await list(["a", "b"], isNewList: true) == ["a", "b"])
        #expect(try await list(["c"]) == ["a", "b"])
        #expect(try await list(["c"], of: "other") == ["c"])
        clock.pass(UpstreamListLimits.freshTime)
        #expect(try await list(["c"]) == ["c"])
        #expect(try await list(["d"], isNewList: true) == ["d"], "a new list is what there is now")
        #expect(try await list(["e"]) == ["d"])
    }

    @Test func `are new when they were begun after they were asked for`() async throws {
        let oldest = lists.oldest(isNewList: true)
        #expect(try await lists.list(of: "app", at: "hub", notBefore: oldest) { ["a"] } == ["a"])
        #expect(try await lists.list(of: "app", at: "hub", notBefore: oldest) { ["b"] } == ["a"], "of one answer")
    }

    @Test func `are not remembered where there is none`() async throws {
        #expect(try await list(nil, isNewList: true) == nil)
        #expect(try await list(["a"]) == ["a"])
    }

    @Test func `are few and not too long`() async throws {
        let many = (0..<Self.sizeMax / 2).map { "v\($0)" }
        for name in ["one", "two", "three"] {
            #expect(try await list(many, of: name, isNewList: true)?.count == many.count)
            clock.pass(.seconds(1))
        }
        #expect(try await list(["new"], of: "one") == ["new"], "the oldest went")
        #expect(try await list(["new"], of: "three") == many)
        await #expect(throws: UpstreamLists<String, [String]>.TooLong.self) { try await list(many + many + ["y"]) }
    }
}
