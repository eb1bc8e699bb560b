// What a registry's date says about our clock: never more than it can say.
import Images
import NIOHTTP1
import Testing

@testable import Registry

@Suite struct `Readings of a registry's clock` {
    /// Sat, 21 Nov 2026 23:59:30 GMT.
    private static let date: Int64 = 1_795_305_570_000
    private static let headers: HTTPHeaders = ["Date": "Sat, 21 Nov 2026 23:59:30 GMT"]

    private func offset(sent: Int64, received: Int64) throws -> Int64 {
        try #require(ClockReading(sent: Self.date + sent, received: Self.date + received, Self.headers)).certainOffset
    }

    @Test func `leave room for the whole second and for the way`() throws {
        #expect(try offset(sent: 0, received: 0) == 0)
        #expect(try offset(sent: 1_000, received: 1_000) == 0)
        #expect(try offset(sent: -30_000, received: 40_000) == 0)
    }

    @Test func `tell a clock that is ahead, or behind, for certain`() throws {
        #expect(try offset(sent: 4_000, received: 9_000) == 3_000)
        #expect(try offset(sent: -9_000, received: -4_000) == -4_000)
    }

    @Test func `are not made of answers without a date or out of a cache`() {
        #expect(ClockReading(sent: 0, received: 0, [:]) == nil)
        #expect(ClockReading(sent: 0, received: 0, ["Date": "yesterday"]) == nil)
        var cached = Self.headers
        cached.add(name: "Age", value: "3")
        #expect(ClockReading(sent: 0, received: 0, cached) == nil)
    }

    @Test func `are kept for each registry`() async throws {
        let reply = Reply.json(200, #"{"tags":[]}"#, ["Date": "Sat, 21 Nov 2026 23:59:20 GMT"])
        try await ScriptedServer.run({ _, _ in reply }) { server in
            try await withClient { client in
                let repository = try RepositoryName("\(server.host)/app")
                _ = try await client.tags(of: repository)
                #expect(try await client.clockReading(of: repository)?.certainOffset == 9_500)
            }
        }
    }
}
