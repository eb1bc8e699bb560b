// Registries that lie, flood, stall and turn in circles: a clear error each time.
import Digests
import Images
import Testing

@testable import Registry

private let blob = noise(200_000)
private let digest = BlobDigest(of: blob)
private let size: Int64 = 200_000

private func serving(_ reply: @escaping ScriptedServer.Script) -> ScriptedServer.Script {
    { request, number in request.path == "/v2/" ? .answer(200) : reply(request, number - 1) }
}

/// Fetches the blob from a registry that answers by `script`, number 0 being the first request for the blob.
private func fetch(
    _ configuration: RegistryConfiguration = .test(), _ script: @escaping ScriptedServer.Script
) async throws -> (received: [UInt8], error: RegistryError?, requests: [ServedRequest]) {
    try await ScriptedServer.run(serving(script)) { server in
        try await withClient(configuration) { client in
            let repository = try RepositoryName("\(server.host)/app")
            var received: [UInt8] = []
            let error = try await registryError {
                try await client.fetchBlob(digest, size: size, of: repository, restart: { received = [] }) {
                    received += $0
                }
            }
            return (received, error, Array(server.requests.dropFirst()))
        }
    }
}

private func part(_ range: Range<Int>, of status: Int = 206) -> Reply {
    .answer(status, ["Content-Range": "bytes \(range.lowerBound)-\(range.upperBound - 1)/200000"], Array(blob[range]))
}

@Suite struct `Blobs from a hostile registry` {
    @Test func `that dies in the middle are resumed`() async throws {
        // The first two answers lose their connection after 60,000 bytes, of which some may be lost, too.
        let result = try await fetch { request, number in
            let start = request.headers["range"].flatMap { Int($0.dropFirst(6).dropLast()) } ?? 0
            guard number < 2 else { return part(start..<200_000) }
            let head =
                start == 0
                ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 206 Part\r\nContent-Range: bytes \(start)-199999/200000\r\n"
            return .raw(head + "Content-Length: \(200_000 - start)\r\n\r\n", Array(blob[start..<start + 60_000]))
        }
        #expect(result.error == nil)
        let isWhole = result.received == blob
        #expect(isWhole)
        #expect(result.requests.count == 3)
        #expect(result.requests[0].headers["range"] == nil)
    }

    @Test func `that knows no ranges are skipped to where they were`() async throws {
        let result = try await fetch { _, number in
            number == 0
                ? .raw("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n", Array(blob[..<70_000]))
                : .answer(200, [:], blob)
        }
        #expect(result.error == nil)
        let isWhole = result.received == blob
        #expect(isWhole)
    }

    @Test func `that dies for ever are given up`() async throws {
        let result = try await fetch { _, _ in .raw("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n") }
        #expect(result.error?.kind == .unreachable)
        #expect(result.requests.count == RegistryBounds().blobLossesInRowMax)
    }

    @Test func `that end early twice are broken`() async throws {
        let result = try await fetch { _, _ in
            .raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        }
        #expect(result.error?.isBroken == true)
        #expect(result.error?.reason == "it has only 3 of its 200000 bytes")
        #expect(result.requests.count == 2)
    }

    @Test func `that only trickles are given up`() async throws {
        var configuration = RegistryConfiguration.test()
        configuration.timing = Timing(ContinuousClock())
        configuration.jitter = { 0 }
        configuration.bounds.rateWindow = .milliseconds(200)
        configuration.bounds.blobLossesInRowMax = 2
        let result = try await fetch(configuration) { _, _ in
            .trickle("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n")
        }
        #expect(result.error?.reason.contains("too slow") == true)
    }

    @Test func `that sends other bytes are refused`() async throws {
        let result = try await fetch { _, _ in .answer(200, [:], [UInt8](repeating: 7, count: 200_000)) }
        #expect(result.error?.isBroken == true)
        #expect(result.error?.description.contains("the bytes that came have the digest sha256:") == true)
    }

    @Test func `that lies about the length are refused`() async throws {
        let longer = try await fetch { _, _ in .answer(200, [:], blob + [1]) }
        #expect(longer.error?.isBroken == true)
        #expect(longer.received.isEmpty)
        let shorter = try await fetch { _, _ in .answer(200, [:], Array(blob.dropLast())) }
        #expect(shorter.error?.isBroken == true)
        // Without a length, to the end of the connection.
        let endless = try await fetch { _, _ in .flood("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", count: 1_000) }
        #expect(endless.error?.isBroken == true)
        #expect(endless.received.count <= 200_000)
    }

    @Test func `that sends another part than asked for are refused`() async throws {
        let result = try await fetch { _, number in
            number == 0
                ? .raw("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n", Array(blob[..<70_000])) : part(0..<130_000)
        }
        #expect(result.error?.kind == .unusable)
    }

    @Test func `stop when the receiver fails, with its error`() async throws {
        struct Full: Error {}
        try await ScriptedServer.run(serving { _, _ in .answer(200, [:], blob) }) { server in
            try await withClient { client in
                let repository = try RepositoryName("\(server.host)/app")
                await #expect(throws: Full.self) {
                    try await client.fetchBlob(digest, size: size, of: repository, restart: {}) { _ in throw Full() }
                }
            }
        }
    }

    @Test func `that redirects in circles are given up`() async throws {
        let result = try await fetch { request, _ in .answer(307, ["Location": request.target]) }
        #expect(result.error?.reason == "it redirected more than 5 times")
    }
}

@Suite struct `Uploads to a registry with sessions` {
    @Test func `go on where the registry stands`() async throws {
        let bytes = noise(300_000)
        let uploaded = BlobDigest(of: bytes)
        var configuration = RegistryConfiguration.test()
        configuration.bounds.singleUploadBytesMax = 1_000
        try await ScriptedServer.run({ request, number in
            switch (request.method, request.path) {
            case ("HEAD", _): .answer(404)
            case ("POST", _): .answer(202, ["Location": "/up?s=0"])
            case ("PATCH", _) where request.headers["content-range"] == nil: .raw("")
            case ("GET", "/up"): .answer(204, ["Location": "/up?s=1", "Range": "0-99999"])
            case ("PATCH", _): .answer(202, ["Location": "/up?s=2", "Range": "0-299999"])
            case ("PUT", _): .answer(201)
            default: .answer(200)
            }
        }) { server in
            try await withClient(configuration) { client in
                let repository = try RepositoryName("\(server.host)/app")
                let push = try await client.pushBlob(uploaded, size: 300_000, to: repository, source: source(bytes))
                #expect(push == .uploaded)
                let patches = server.requests.filter { $0.method == "PATCH" }
                #expect(patches.map(\.target) == ["/up?s=0", "/up?s=1"])
                #expect(patches.map { $0.headers["content-range"] } == [nil, "100000-299999"])
                let isRest = patches.last?.body == Array(bytes[100_000...])
                #expect(isRest)
                #expect(server.requests.last?.target == "/up?s=2&digest=\(uploaded)")
            }
        }
    }

    @Test func `that never end are given up`() async throws {
        try await ScriptedServer.run({ request, _ in
            switch request.method {
            case "HEAD": .answer(404)
            case "POST": .answer(202, ["Location": "/up"])
            case "PUT": .raw("")
            default: .answer(request.path == "/v2/" ? 200 : 404)
            }
        }) { server in
            try await withClient { client in
                let repository = try RepositoryName("\(server.host)/app")
                let error = try await registryError {
                    try await client.pushBlob(digest, size: size, to: repository, source: source(blob))
                }
                #expect(error?.kind == .unreachable)
                #expect(server.requests.count { $0.method == "PUT" } == RegistryBounds().blobLossesInRowMax)
            }
        }
    }

    @Test func `take no credentials to another host`() async throws {
        try await ScriptedServer.run({ _, _ in .answer(201) }) { store in
            try await ScriptedServer.run({ request, _ in
                guard request.headers["authorization"] != nil else {
                    return .answer(401, ["WWW-Authenticate": "Basic realm=x"])
                }
                return request.method == "HEAD" ? .answer(404) : .answer(202, ["Location": "http://\(store.host)/put"])
            }) { server in
                var configuration = RegistryConfiguration.test()
                configuration.credentials = FixedCredentials([server.host: .password(user: "name", password: "secret")])
                try await withClient(configuration) { client in
                    let repository = try RepositoryName("\(server.host)/app")
                    try await client.pushBlob(digest, size: size, to: repository, source: source(blob))
                    #expect(store.requests.map(\.method) == ["PUT"])
                    #expect(store.requests.allSatisfy { $0.headers["authorization"] == nil })
                }
            }
        }
    }
}

@Suite struct `Manifests from a hostile registry` {
    private let type = "application/vnd.oci.image.manifest.v1+json"

    private func get(
        _ target: ManifestTarget = .tag("v1"), _ configuration: RegistryConfiguration = .test(), _ reply: Reply
    ) async throws -> RegistryError? {
        try await ScriptedServer.run(serving { _, _ in reply }) { server in
            try await withClient(configuration) { client in
                let repository = try RepositoryName("\(server.host)/app")
                return try await registryError { _ = try await client.manifest(target, of: repository) }
            }
        }
    }

    @Test func `of 100 MB are cut off`() async throws {
        let announced = try await get(
            .tag("v"), .flood("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n", count: 100))
        #expect(announced?.kind == .tooLarge)
        let hidden = try await get(.tag("v"), .flood("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", count: 100))
        #expect(hidden?.kind == .tooLarge)
    }

    @Test func `of another digest than asked for are refused, whatever the header says`() async throws {
        let wanted = BlobDigest(of: [1])
        let error = try await get(
            .digest(wanted), .json(200, "{}", ["Content-Type": type, "Docker-Content-Digest": wanted.description]))
        #expect(error?.isBroken == true)
    }

    @Test func `that never come are given up`() async throws {
        var configuration = RegistryConfiguration.test()
        configuration.timeouts.document = .milliseconds(200)
        configuration.bounds.attemptsMax = 2
        let error = try await get(.tag("v"), configuration, .silence)
        #expect(error?.kind == .unreachable)
        #expect(error?.reason == "no answer in time")
    }

    @Test func `that never end are given up`() async throws {
        var configuration = RegistryConfiguration.test()
        configuration.timeouts.idle = .milliseconds(200)
        configuration.bounds.attemptsMax = 2
        let error = try await ScriptedServer.run(
            serving { _, _ in .flood("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", count: 0) }
        ) { server in
            try await withClient(configuration) { client in
                let repository = try RepositoryName("\(server.host)/app")
                return try await registryError { _ = try await client.manifest(.tag("v"), of: repository) }
            }
        }
        #expect(error?.kind == .unreachable)
    }

    @Test(arguments: [
        (#"{"schemaVersion":2,"manifests":[],"layers":[]}"#, "both manifests and layers"),
        (#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#, "calls itself"),
        (#"{"schemaVersion":1,"fsLayers":[]}"#, "schema 1"), ("<html>", "isn't JSON"),
    ])
    func `that are ambiguous are refused`(body: String, reason: String) async throws {
        let type = type
        try await ScriptedServer.run(serving { _, _ in .json(200, body, ["Content-Type": type]) }) { server in
            try await withClient { client in
                let reference = try ImageReference("\(server.host)/app:v1")
                let error = try await registryError {
                    _ = try await client.pullManifest(reference, platform: Platform("linux/amd64"))
                }
                #expect(error?.kind == .unusable)
                #expect(error?.description.contains(reason) == true)
            }
        }
    }

    @Test func `can't be asked for with a tag that leads elsewhere`() async throws {
        try await withClient { client in
            let repository = try RepositoryName("127.0.0.1:1/app")
            let error = try await registryError { _ = try await client.manifest(.tag("../../x"), of: repository) }
            #expect(error?.reason == #""../../x" isn't a tag"#)
        }
    }

    @Test func `are errors with the registry's words, made safe`() async throws {
        let body = #"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"no\u001b[31m such\n thing"}]}"#
        let error = try await get(.json(404, body))
        #expect(error?.isNotFound == true)
        #expect(error?.description.contains(#"MANIFEST_UNKNOWN: no\u{1b}[31m such\u{a} thing (HTTP 404)"#) == true)
    }

    private func get(_ reply: Reply) async throws -> RegistryError? { try await get(.tag("v"), reply) }

    private func get(_ target: ManifestTarget, _ reply: Reply) async throws -> RegistryError? {
        try await get(target, .test(), reply)
    }
}

@Suite struct `Listings from a hostile registry` {
    private func list(
        _ configuration: RegistryConfiguration = .test(), _ script: @escaping ScriptedServer.Script
    ) async throws -> (tags: [String], error: RegistryError?) {
        try await ScriptedServer.run(serving(script)) { server in
            try await withClient(configuration) { client in
                let repository = try RepositoryName("\(server.host)/app")
                var tags: [String] = []
                let error = try await registryError { tags = try await client.tags(of: repository) }
                return (tags, error)
            }
        }
    }

    @Test func `have all their pages read`() async throws {
        let result = try await list { request, number in
            number < 2
                ? .json(
                    200, #"{"tags":["t\#(number)"]}"#,
                    ["Link": #"</v2/app/tags/list?last=t\#(number)&n=1>; rel="next""#])
                : .json(200, #"{"tags":["t2","not a tag"]}"#)
        }
        #expect(result.tags == ["t0", "t1", "t2"])
    }

    @Test func `may be empty`() async throws {
        let result = try await list { _, _ in .json(200, #"{"name":"app","tags":null}"#) }
        #expect(result.error == nil && result.tags.isEmpty)
    }

    @Test func `that never end are cut off`() async throws {
        var configuration = RegistryConfiguration.test()
        configuration.bounds.tagPagesMax = 20
        let result = try await list(configuration) { _, number in
            .json(200, #"{"tags":[]}"#, ["Link": #"<?last=\#(number)>; rel="next""#])
        }
        #expect(result.error?.kind == .tooLarge)
        configuration.bounds.tagsMax = 10
        let many = try await list(configuration) { _, number in
            .json(200, #"{"tags":["a","b","c"]}"#, ["Link": #"<?last=\#(number)>; rel="next""#])
        }
        #expect(many.error?.kind == .tooLarge)
    }

    @Test func `that turn in circles are refused`() async throws {
        let result = try await list { _, _ in .json(200, #"{"tags":["a"]}"#, ["Link": #"<?last=a>; rel="next""#]) }
        #expect(result.error?.reason == "its pages of tags lead back to themselves")
    }

    @Test func `that lead to another host are refused`() async throws {
        let result = try await list { _, _ in
            .json(200, #"{"tags":["a"]}"#, ["Link": #"<http://169.254.169.254/latest>; rel="next""#])
        }
        #expect(result.error?.reason == "its next page is at another host")
    }

    @Test func `of too many tags are refused, also on the last page`() async throws {
        var configuration = RegistryConfiguration.test()
        configuration.bounds.tagsMax = 3
        let fitting = try await list(configuration) { _, _ in .json(200, #"{"name":"app","tags":["a","b","c"]}"#) }
        #expect(fitting.tags == ["a", "b", "c"])
        let many = try await list(configuration) { _, _ in .json(200, #"{"name":"app","tags":["a","b","c","d"]}"#) }
        #expect(many.error?.kind == .tooLarge)
        // Before they are decoded: this is no JSON.
        let uncounted = try await list(configuration) { _, _ in
            .json(200, #"{"tags":["# + String(repeating: #""a","#, count: 100))
        }
        #expect(uncounted.error?.kind == .tooLarge)
    }

    @Test func `of too many bytes are cut off`() async throws {
        var configuration = RegistryConfiguration.test()
        configuration.bounds.tagPageBytesMax = 1_000
        let result = try await list(configuration) { _, _ in
            .flood("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", count: 100)
        }
        #expect(result.error?.kind == .tooLarge)
    }
}
