// The lists of tags of upstreams: asked for once for all pages, and no longer than they are fresh.
import Images
import Synchronization
import Testing

@testable import Peering

@Suite struct `Lists of an upstream's tags` {
    private final class Clock: Sendable {
        private let now = Mutex(ContinuousClock.now)
        var time: ContinuousClock.Instant { now.withLock { $0 } }
        func pass(_ duration: Duration) { now.withLock { $0 += duration } }
    }

    private let clock = Clock()
    private let lists: UpstreamTagLists

    init() {
        let clock = clock
        lists = UpstreamTagLists { clock.time }
    }

    private func tags(
        _ found: [String]?, of name: String = "app", isNewList: Bool = false
    ) async throws -> [String]? {
        let repository = try RepositoryName("hub.example/" + name)
        return try await lists.tags(of: repository, at: "hub", isNewList: isNewList) { found }
    }

    @Test func `are one list for all its pages`() async throws {
        #expect(try await tags(["b", "a", "b"], isNewList: true) == ["a", "b"])
        #expect(try await tags(["c"]) == ["a", "b"])
        #expect(try await tags(["c"], of: "other") == ["c"])
        clock.pass(UpstreamTagLists.freshTime)
        #expect(try await tags(["c"]) == ["c"])
        #expect(try await tags(["d"], isNewList: true) == ["d"], "a new list is what there is now")
        #expect(try await tags(["e"]) == ["d"])
    }

    @Test func `are not remembered where there is no such repository`() async throws {
        #expect(try await tags(nil, isNewList: true) == nil)
        #expect(try await tags(["a"]) == ["a"])
    }

    @Test func `are few and not too long`() async throws {
        let many = (0..<UpstreamTagLists.tagsMax / 2).map { "v\(1_000_000 + $0)" }
        for name in ["one", "two", "three"] {
            #expect(try await tags(many, of: name, isNewList: true)?.count == many.count)
            clock.pass(.seconds(1))
        }
        #expect(try await tags(["new"], of: "one") == ["new"], "the oldest went")
        #expect(try await tags(["new"], of: "three") == many)
        await #expect(throws: UpstreamTagLists.TooManyTags.self) {
            try await tags(many + many.map { $0 + "x" } + ["y"])
        }
    }
}
