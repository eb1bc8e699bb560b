// Who gets which credentials, and when: against servers that lie.
import Digests
import Images
import Testing

@testable import Registry

private let user = Credential.password(user: "name", password: "secret")
/// `name:secret`
private let basic = "Basic bmFtZTpzZWNyZXQ="

private func configuration(
    _ host: String, _ credential: Credential = user, _ clock: JumpingClock = JumpingClock()
) -> RegistryConfiguration {
    var configuration = RegistryConfiguration.test(clock)
    configuration.credentials = FixedCredentials([host: credential])
    return configuration
}

private func challenge(_ realm: String) -> Reply {
    .answer(401, ["WWW-Authenticate": #"Bearer realm="\#(realm)",service="reg",scope="ignored""#])
}

@Suite struct `Authorization` {
    @Test func `ends when a registry always says 401`() async throws {
        try await ScriptedServer.run({ _, _ in .answer(401, ["WWW-Authenticate": "Basic realm=x"]) }) { server in
            try await withClient(configuration(server.host)) { client in
                let repository = try RepositoryName("\(server.host)/app")
                let error = try await registryError { _ = try await client.tags(of: repository) }
                #expect(error?.kind == .unauthorized)
                #expect(error?.description.contains("secret") == false)
                // One to find the endpoint, one without credentials, one with.
                #expect(server.requests.count == 3)
            }
        }
    }

    @Test func `ends when every token is refused`() async throws {
        try await ScriptedServer.run({ request, number in
            request.path == "/token"
                ? .json(200, #"{"token":"t\#(number)"}"#)
                : challenge("http://\(request.headers["host"] ?? "")/token")
        }) { server in
            try await withClient(configuration(server.host)) { client in
                let repository = try RepositoryName("\(server.host)/app")
                let error = try await registryError { _ = try await client.tags(of: repository) }
                #expect(error?.kind == .unauthorized)
                #expect(server.requests.count { $0.path == "/token" } == 2)
            }
        }
    }

    private static func tokenServer(_ request: ServedRequest, lifetime: Int = 300) -> Reply {
        if request.path == "/token" { return .json(200, #"{"token":"good","expires_in":\#(lifetime)}"#) }
        guard request.headers["authorization"] == "Bearer good" else {
            return challenge("http://\(request.headers["host"] ?? "")/token")
        }
        return .json(200, #"{"tags":["v1"]}"#)
    }

    @Test func `asks for a token for what is done, and keeps it`() async throws {
        try await ScriptedServer.run({ request, _ in Self.tokenServer(request) }) { server in
            try await withClient(configuration(server.host)) { client in
                let repository = try RepositoryName("\(server.host)/team/app")
                for _ in 0..<3 { #expect(try await client.tags(of: repository) == ["v1"]) }
                let questions = server.requests.filter { $0.path == "/token" }
                #expect(questions.map(\.target) == ["/token?service=reg&scope=repository:team/app:pull&account=name"])
                #expect(questions.first?.headers["authorization"] == basic)
            }
        }
    }

    @Test func `asks once for many at a time`() async throws {
        try await ScriptedServer.run({ request, _ in Self.tokenServer(request) }) { server in
            try await withClient(configuration(server.host)) { client in
                let repository = try RepositoryName("\(server.host)/app")
                _ = try await client.tags(of: repository)
                let other = try RepositoryName("\(server.host)/other")
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<20 { group.addTask { _ = try await client.tags(of: other) } }
                    try await group.waitForAll()
                }
                #expect(server.requests.count { $0.target.contains("repository:other:pull") } == 1)
            }
        }
    }

    @Test func `renews a token that ran out`() async throws {
        let clock = JumpingClock()
        try await ScriptedServer.run({ request, _ in Self.tokenServer(request) }) { server in
            try await withClient(configuration(server.host, user, clock)) { client in
                let repository = try RepositoryName("\(server.host)/app")
                _ = try await client.tags(of: repository)
                clock.advance(by: .seconds(289))
                _ = try await client.tags(of: repository)
                #expect(server.requests.count { $0.path == "/token" } == 1)
                clock.advance(by: .seconds(2))
                _ = try await client.tags(of: repository)
                #expect(server.requests.count { $0.path == "/token" } == 2)
            }
        }
    }

    @Test func `trades an identity token`() async throws {
        try await ScriptedServer.run({ request, _ in Self.tokenServer(request) }) { server in
            try await withClient(configuration(server.host, .identityToken("refresh/me&"))) { client in
                let repository = try RepositoryName("\(server.host)/app")
                #expect(try await client.tags(of: repository) == ["v1"])
                let question = server.requests.first { $0.path == "/token" }
                #expect(question?.method == "POST")
                #expect(
                    String(decoding: question?.body ?? [], as: UTF8.self)
                        == "grant_type=refresh_token&client_id=weft&refresh_token=refresh/me%26&service=reg"
                        + "&scope=repository:app:pull")
                #expect(question?.headers["authorization"] == nil)
            }
        }
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `trades an identity token with nobody else`(status: Int) async throws {
        try await ScriptedServer.run({ _, _ in .json(200, #"{"token":"t"}"#) }) { thief in
            let location = "http://\(thief.host)/steal"
            try await ScriptedServer.run({ request, _ in
                guard request.path != "/token" else { return .answer(status, ["Location": location]) }
                return challenge("http://\(request.headers["host"] ?? "")/token")
            }) { server in
                try await withClient(configuration(server.host, .identityToken("secret"))) { client in
                    let repository = try RepositoryName("\(server.host)/app")
                    let error = try await registryError { _ = try await client.tags(of: repository) }
                    #expect(error?.reason == "it redirects the login elsewhere")
                    #expect(thief.requests.isEmpty)
                }
            }
        }
    }

    @Test func `waits for a token server that is busy`() async throws {
        let clock = JumpingClock()
        try await ScriptedServer.run({ request, number in
            request.path == "/token" && number < 4
                ? [.answer(429, ["Retry-After": "3"]), .answer(503)][number - 2] : Self.tokenServer(request)
        }) { server in
            try await withClient(configuration(server.host, user, clock)) { client in
                let repository = try RepositoryName("\(server.host)/app")
                #expect(try await client.tags(of: repository) == ["v1"])
                #expect(clock.sleeps == [.seconds(3), .seconds(1)])
            }
        }
    }

    @Test func `goes to no token server on another host over plain http`() async throws {
        try await ScriptedServer.run({ _, _ in .json(200, #"{"token":"t"}"#) }) { thief in
            let realm = "http://localhost:\(thief.port)/token"
            try await ScriptedServer.run({ _, _ in challenge(realm) }) { server in
                try await withClient(configuration(server.host)) { client in
                    let repository = try RepositoryName("\(server.host)/app")
                    let error = try await registryError { _ = try await client.tags(of: repository) }
                    #expect(error?.kind == .unauthorized)
                    #expect(error?.description.contains("credentials aren't sent there") == true)
                    #expect(thief.requests.isEmpty)
                }
            }
        }
    }

    @Test func `doesn't follow a redirect to another host`() async throws {
        let blob = Array("layer".utf8)
        let digest = BlobDigest(of: blob)
        try await ScriptedServer.run({ _, _ in .answer(200, [:], blob) }) { store in
            let location = "http://\(store.host)/signed?x=1"
            try await ScriptedServer.run({ request, _ in
                guard request.headers["authorization"] == basic else {
                    return .answer(401, ["WWW-Authenticate": "Basic realm=x"])
                }
                return .answer(307, ["Location": location])
            }) { server in
                try await withClient(configuration(server.host)) { client in
                    let repository = try RepositoryName("\(server.host)/app")
                    var received: [UInt8] = []
                    try await client.fetchBlob(digest, size: 5, of: repository, restart: { received = [] }) {
                        received += $0
                    }
                    #expect(received == blob)
                    #expect(store.requests.map(\.target) == ["/signed?x=1"])
                    #expect(store.requests.allSatisfy { $0.headers["authorization"] == nil })
                }
            }
        }
    }

    @Test func `isn't given to where a redirect asks for it`() async throws {
        try await ScriptedServer.run({ _, _ in .answer(401, ["WWW-Authenticate": "Basic realm=x"]) }) { thief in
            let location = "http://\(thief.host)/"
            try await ScriptedServer.run({ request, _ in
                request.path == "/v2/" ? .answer(200) : .answer(307, ["Location": location])
            }) { server in
                try await withClient(configuration(server.host)) { client in
                    let repository = try RepositoryName("\(server.host)/app")
                    let error = try await registryError { _ = try await client.tags(of: repository) }
                    #expect(error?.kind == .unauthorized)
                    #expect(thief.requests.count == 1)
                    #expect(thief.requests.allSatisfy { $0.headers["authorization"] == nil })
                }
            }
        }
    }

    @Test(arguments: [
        #"{"token":""}"#, "{}", "[]", "", #"{"token":"a\r\nX-Evil: 1"}"#, #"{"token":1}"#,
    ])
    func `takes only what can be a token`(answer: String) async throws {
        try await ScriptedServer.run({ request, _ in
            request.path == "/token"
                ? .json(200, answer) : challenge("http://\(request.headers["host"] ?? "")/token")
        }) { server in
            try await withClient(configuration(server.host)) { client in
                let error = try await registryError { try await client.ping(server.host) }
                #expect(error?.reason == "its answer holds no token")
            }
        }
    }

    @Test func `stays on TLS with its token server`() throws {
        let registry = try #require(Endpoint(name: "registry.example", scheme: .https))
        let plain = TokenQuestion(endpoint: registry, realm: "http://registry.example/token", service: nil, scopes: [])
        let asked = Asked(what: "x", host: "registry.example")
        #expect(throws: RegistryError.self) { try TokenService.realm(plain, hasCredential: true, asked) }
        #expect(throws: RegistryError.self) { try TokenService.realm(plain, hasCredential: false, asked) }
        let safe = TokenQuestion(endpoint: registry, realm: "https://auth.example/token", service: nil, scopes: [])
        #expect(try TokenService.realm(safe, hasCredential: true, asked).host == "auth.example")
        for realm in ["", "auth.example", "file:///etc/passwd", "https://name:secret@auth.example/", "ftp://x/"] {
            let question = TokenQuestion(endpoint: registry, realm: realm, service: nil, scopes: [])
            #expect(throws: RegistryError.self) { try TokenService.realm(question, hasCredential: false, asked) }
        }
    }

    @Test func `is never printed`() {
        var dumped = ""
        dump(user, to: &dumped)
        #expect(!dumped.contains("secret") && !"\(user)".contains("secret"))
        #expect(!String(reflecting: user).contains("secret"))
    }
}

@Suite struct `Challenges` {
    @Test(arguments: [
        (
            #"Bearer realm="https://a/t",service="s",scope="x,y""#,
            [Challenge.bearer(realm: "https://a/t", service: "s", scope: "x,y")]
        ),
        (#"bearer  realm = "https://a/t" , service=s"#, [.bearer(realm: "https://a/t", service: "s", scope: nil)]),
        (
            #"Basic realm="r", Bearer realm="https://a""#,
            [.bearer(realm: "https://a", service: nil, scope: nil), .basic]
        ),
        (#"Negotiate, Basic"#, [.basic]),
        (#"Bearer realm="a\"b""#, [.bearer(realm: "a\"b", service: nil, scope: nil)]),
        ("Bearer", []), ("", []), (#"Bearer realm="never ends"#, []), ("\u{0}\u{1}", []), (",,,", []),
        ("Digest realm=x", []),
    ])
    func `are read`(header: String, expected: [Challenge]) {
        #expect(Challenge.parse([header]) == expected)
    }

    @Test func `of absurd length are left alone`() {
        #expect(Challenge.parse(["Basic " + String(repeating: "a,", count: 100_000)]) == [])
        #expect(Challenge.parse([String(repeating: "Basic, ", count: 1_000)]).count <= Challenge.countMax)
    }
}
