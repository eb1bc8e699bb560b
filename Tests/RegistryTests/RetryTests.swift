// Waiting and repeating, without waiting.
import Digests
import Images
import NIOHTTP1
import Testing

@testable import Registry

private func tags(
    _ clock: JumpingClock, _ replies: [Reply]
) async throws -> (error: RegistryError?, count: Int) {
    try await ScriptedServer.run({ request, number in
        request.path == "/v2/" ? .answer(200) : replies[min(number - 1, replies.count - 1)]
    }) { server in
        try await withClient(.test(clock)) { client in
            let repository = try RepositoryName("\(server.host)/app")
            let error = try await registryError { _ = try await client.tags(of: repository) }
            return (error, server.requests.count - 1)
        }
    }
}

@Suite struct `Passing errors` {
    @Test(arguments: [429, 503])
    func `that say how long to wait are waited for`(status: Int) async throws {
        let clock = JumpingClock()
        let result = try await tags(
            clock, [.answer(status, ["Retry-After": "17"]), .answer(status), .json(200, #"{"tags":[]}"#)])
        #expect(result.error == nil)
        // Then the back-off's second step.
        #expect(clock.sleeps == [.seconds(17), .seconds(1)])
    }

    @Test func `may give a date`() async throws {
        let clock = JumpingClock()
        let headers = ["Date": "Sat, 21 Nov 2026 23:59:30 GMT", "Retry-After": "Sun, 22 Nov 2026 00:00:10 GMT"]
        let result = try await tags(clock, [.answer(503, headers), .json(200, #"{"tags":[]}"#)])
        #expect(result.error == nil)
        #expect(clock.sleeps == [.seconds(40)])
    }

    @Test func `are waited for at most five minutes in all`() async throws {
        let clock = JumpingClock()
        let long = try await tags(clock, [.answer(429, ["Retry-After": "301"])])
        #expect(long.error?.kind == .rateLimited)
        #expect(clock.sleeps.isEmpty)
        let often = try await tags(clock, [.answer(429, ["Retry-After": "100"])])
        #expect(often.error?.kind == .rateLimited)
        #expect(clock.sleeps == [.seconds(100), .seconds(100), .seconds(100)])
    }

    @Test func `that say zero come to an end, too`() async throws {
        let clock = JumpingClock()
        let result = try await tags(clock, [.answer(503, ["Retry-After": "0"])])
        #expect(result.error?.kind == .unavailable)
        #expect(clock.sleeps.reduce(.zero, +) <= .seconds(300))
    }

    @Test func `without a time are repeated a few times, each twice as late`() async throws {
        let clock = JumpingClock()
        let result = try await tags(clock, [.answer(500)])
        #expect(result.error?.kind == .unavailable)
        #expect(result.count == 5)
        #expect(clock.sleeps == [.milliseconds(500), .seconds(1), .seconds(2), .seconds(4)])
    }

    @Test func `of the connection are repeated`() async throws {
        let clock = JumpingClock()
        let result = try await tags(
            clock, [.raw(""), .raw("HTTP/1.1 200 OK\r\nContent-Le"), .json(200, #"{"tags":[]}"#)])
        #expect(result.error == nil)
        #expect(result.count == 3)
    }

    @Test func `in the middle of a body are repeated`() async throws {
        let clock = JumpingClock()
        let result = try await tags(
            clock, [.raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"tags\":"), .json(200, #"{"tags":[]}"#)])
        #expect(result.error == nil)
        #expect(result.count == 2)
    }

    @Test func `in the middle of a manifest are repeated`() async throws {
        let body = #"{"schemaVersion":2}"#
        try await ScriptedServer.run({ request, number in
            guard request.path != "/v2/" else { return .answer(200) }
            return number == 1
                ? .raw("HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n{\"schema") : .json(200, body)
        }) { server in
            try await withClient { client in
                let repository = try RepositoryName("\(server.host)/app")
                #expect(try await client.manifest(.tag("v"), of: repository).bytes == Array(body.utf8))
            }
        }
    }

    @Test func `that aren't passing are not repeated`() async throws {
        for status in [400, 403, 404, 405, 501] {
            let clock = JumpingClock()
            let result = try await tags(clock, [.answer(status)])
            #expect(result.error?.status == status)
            #expect(result.count == 1)
        }
    }

    @Test func `of a closed port say so`() async throws {
        let port = try await ScriptedServer.run({ _, _ in .answer(200) }) { $0.port }
        try await withClient { client in
            let error = try await registryError { try await client.ping("127.0.0.1:\(port)") }
            #expect(error?.kind == .unreachable)
            #expect(error?.reason == "no connection: refused")
        }
    }

    @Test func `jitter shortens a delay by half at most`() {
        var none = RetryPlan(RegistryBounds())
        var all = RetryPlan(RegistryBounds())
        #expect(none.delay(after: .failed, jitter: 0) == .milliseconds(250))
        #expect(all.delay(after: .failed, jitter: 1) == .milliseconds(500))
    }
}

@Suite struct `Losses of a blob's connection` {
    @Test func `without progress are few`() {
        var plan = LossPlan(RegistryBounds())
        #expect(plan.delay(afterBringing: 0, jitter: 1) == .milliseconds(500))
        #expect(plan.delay(afterBringing: 1_000_000, jitter: 1) == .seconds(1))
        #expect(plan.delay(afterBringing: 0, jitter: 1) == nil)
    }

    @Test func `with progress may be many, but not endless`() {
        var plan = LossPlan(RegistryBounds())
        for _ in 1..<30 { #expect(plan.delay(afterBringing: 1 << 20, jitter: 1) == .milliseconds(500)) }
        #expect(plan.delay(afterBringing: 1 << 20, jitter: 1) == nil)
    }

    @Test func `count where a body only trickles`() throws {
        var slow = RateWatch(RegistryBounds())
        try slow.take(1, after: .seconds(59))
        #expect(throws: LinkFailure.self) { try slow.take(1, after: .seconds(59)) }
        var steady = RateWatch(RegistryBounds())
        for _ in 0..<10 { try steady.take(30 << 10, after: .seconds(29)) }
        // A burst is no credit for the time after it.
        #expect(throws: LinkFailure.self) { for _ in 0..<5 { try steady.take(1, after: .seconds(29)) } }
    }
}

@Suite struct `Mirrors` {
    @Test func `with wrong bytes are passed over, and the blob begins anew`() async throws {
        let blob = noise(3_000)
        let digest = BlobDigest(of: blob)
        let wrong = [UInt8](repeating: 7, count: 3_000)
        try await ScriptedServer.run({ _, _ in .answer(200, [:], wrong) }) { mirror in
            var configuration = RegistryConfiguration.test()
            configuration.dockerHubMirrors = [mirror.host]
            try await withClient(configuration) { client in
                let repository = try RepositoryName("nginx")
                var received: [UInt8] = []
                var restarts = 0
                // Docker Hub isn't there: what counts is that it would be asked, and for all of it.
                await #expect(throws: Restarted.self) {
                    try await client.fetchBlob(
                        digest, size: 3_000, of: repository,
                        restart: {
                            received = []
                            restarts += 1
                            throw Restarted()
                        }
                    ) { received += $0 }
                }
                #expect(restarts == 1)
            }
        }
    }

    private struct Restarted: Error {}

    @Test func `aren't asked with the credentials of Docker Hub, and their failure isn't the end`() async throws {
        try await ScriptedServer.run({ request, _ in
            request.path == "/v2/" ? .answer(200) : .answer(401, ["WWW-Authenticate": "Basic realm=x"])
        }) { mirror in
            var configuration = RegistryConfiguration.test()
            configuration.dockerHubMirrors = [mirror.host]
            configuration.credentials = FixedCredentials([
                "docker.io": .password(user: "name", password: "secret")
            ])
            try await withClient(configuration) { client in
                let asked = Asked(what: "x", host: "docker.io")
                let repository = try RepositoryName("nginx")
                let endpoints = try await client.endpointsForReading(repository, asked)
                #expect(endpoints.map(\.name) == [mirror.host, "docker.io"])
                #expect(endpoints.last?.address.host == "registry-1.docker.io")
                let answer = try await client.authorized(
                    Request(.GET, endpoints[0].api("library/nginx/manifests/latest")), endpoints[0],
                    Scope("library/nginx", .pull), asked)
                #expect(answer.status == 401)
                #expect(mirror.requests.allSatisfy { $0.headers["authorization"] == nil })
            }
        }
    }

    @Test func `are asked first`() async throws {
        let body = #"{"schemaVersion":2}"#
        try await ScriptedServer.run({ request, _ in .json(200, body) }) { mirror in
            var configuration = RegistryConfiguration.test()
            configuration.dockerHubMirrors = [mirror.host]
            try await withClient(configuration) { client in
                let fetched = try await client.manifest(.tag("1"), of: RepositoryName("nginx"))
                #expect(fetched.bytes == Array(body.utf8))
                #expect(mirror.requests.last?.target == "/v2/library/nginx/manifests/1")
            }
        }
    }
}
