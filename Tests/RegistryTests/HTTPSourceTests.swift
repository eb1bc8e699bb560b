// Files for a Dockerfile's ADD: bytes, name, date, bounds.
import Digests
import Foundation
import SystemPackage
import Testing

@testable import Registry

@Suite struct `Files from the web` {
    private func fetch(
        _ path: String, user: String = "", checksum: BlobDigest? = nil, bytesMax: Int64 = 1 << 20,
        _ configuration: RegistryConfiguration = .test(), _ script: @escaping ScriptedServer.Script
    ) async throws -> (file: HTTPSource.File?, bytes: [UInt8]?, error: RegistryError?) {
        try await withFolder { folder in
            try await ScriptedServer.run(script) { server in
                try await withClient(configuration) { client in
                    let target = folder.appending("file")
                    var file: HTTPSource.File?
                    let error = try await registryError {
                        file = try await HTTPSource(sharing: client).fetch(
                            "http://\(user)\(server.host)\(path)", into: target, checksum: checksum, bytesMax: bytesMax)
                    }
                    return (file, FileManager.default.contents(atPath: target.string).map { Array($0) }, error)
                }
            }
        }
    }

    @Test func `come with their name and date`() async throws {
        let bytes = Array("content".utf8)
        let result = try await fetch("/dir/a%20b.txt?x=1") { _, _ in
            .answer(200, ["Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT"], bytes)
        }
        #expect(result.bytes == bytes)
        #expect(result.file?.digest == BlobDigest(of: bytes))
        #expect(result.file?.size == 7)
        #expect(result.file?.lastModified == 784_111_777)
        #expect(result.file?.name == "a b.txt")
    }

    @Test func `are found behind redirects, and named by their first address`() async throws {
        let result = try await fetch("/first.txt") { request, _ in
            request.path == "/first.txt" ? .answer(302, ["Location": "/second"]) : .answer(200, [:], [1])
        }
        #expect(result.file?.name == "first.txt")
        #expect(result.bytes == [1])
    }

    @Test func `are checked`() async throws {
        let right = try await fetch("/x", checksum: BlobDigest(of: [1])) { _, _ in .answer(200, [:], [1]) }
        #expect(right.error == nil)
        let wrong = try await fetch("/x", checksum: BlobDigest(of: [2])) { _, _ in .answer(200, [:], [1]) }
        #expect(wrong.error?.isBroken == true)
        #expect(wrong.bytes == nil)
    }

    @Test func `of too many bytes are refused, and nothing stays`() async throws {
        let announced = try await fetch("/x", bytesMax: 10) { _, _ in
            .answer(200, [:], [UInt8](repeating: 0, count: 11))
        }
        #expect(announced.error?.kind == .tooLarge)
        let hidden = try await fetch("/x", bytesMax: 10) { _, _ in
            .flood("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", count: 100)
        }
        #expect(hidden.error?.kind == .tooLarge)
        #expect(hidden.bytes == nil)
    }

    @Test func `that end early are refused, and nothing stays`() async throws {
        let result = try await fetch("/x") { _, _ in .raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", [1, 2]) }
        #expect(result.error?.kind == .unreachable)
        #expect(result.bytes == nil)
    }

    @Test func `whose connection dies are begun anew`() async throws {
        let clock = JumpingClock()
        let result = try await fetch("/x", .test(clock)) { _, number in
            number < 2
                ? .raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", [7, 7, 7]) : .answer(200, [:], [1, 2])
        }
        #expect(result.error == nil)
        #expect(result.bytes == [1, 2])
        #expect(result.file?.digest == BlobDigest(of: [1, 2]))
        #expect(clock.sleeps == [.milliseconds(500), .seconds(1)])
    }

    @Test func `of a broken server are asked for a few times only`() async throws {
        for status in [500, 502, 504] {
            let clock = JumpingClock()
            let result = try await fetch("/x", .test(clock)) { _, _ in .answer(status) }
            #expect(result.error?.status == status)
            #expect(clock.sleeps.count == RegistryBounds().attemptsMax - 1)
        }
    }

    @Test func `that only trickle are given up`() async throws {
        var configuration = RegistryConfiguration.test()
        configuration.timing = Timing(ContinuousClock())
        configuration.bounds.rateWindow = .milliseconds(200)
        configuration.bounds.attemptsMax = 1
        let result = try await fetch("/x", configuration) { _, _ in
            .trickle("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        }
        #expect(result.error?.reason.contains("too slow") == true)
        #expect(result.bytes == nil)
    }

    @Test func `may ask for the name and password of their address`() async throws {
        // `me:to:ken`
        let basic = "Basic bWU6dG86a2Vu"
        let right = try await fetch("/x", user: "me:to%3Aken@") { request, _ in
            request.headers["authorization"] == basic ? .answer(200, [:], [1]) : .answer(401)
        }
        #expect(right.bytes == [1])
        let wrong = try await fetch("/x", user: "me:to%3Aken@") { _, _ in .answer(403) }
        #expect(wrong.error?.status == 403)
        #expect(wrong.error?.description.contains("ken") == false)
    }

    @Test func `take the name and password to no other host`() async throws {
        try await ScriptedServer.run({ _, _ in .answer(200, [:], [1]) }) { other in
            let location = "http://localhost:\(other.port)/y"
            let result = try await fetch("/x", user: "me:token@") { _, _ in .answer(307, ["Location": location]) }
            #expect(result.bytes == [1])
            #expect(other.requests.map { $0.headers["authorization"] } == [nil])
        }
    }

    @Test func `that can't be written say where`() async throws {
        try await ScriptedServer.run({ _, _ in .answer(200, [:], [1]) }) { server in
            try await withClient { client in
                let path = FilePath("/nonexistent/x")
                await #expect(
                    throws: DownloadError(action: "make the file", path: path.string, code: .noSuchFileOrDirectory)
                ) {
                    try await HTTPSource(sharing: client).fetch("http://\(server.host)/x", into: path)
                }
            }
        }
        let full = DownloadError(action: "write", path: "/a", code: .noSpace)
        #expect(full.description == "cannot write /a: no space is left on the disk; free some and build again")
    }

    @Test func `that aren't there say so`() async throws {
        let result = try await fetch("/x") { _, _ in .answer(404) }
        #expect(result.error?.isNotFound == true)
    }

    @Test(arguments: ["file:///etc/passwd", "ftp://name:secret@a.example/x", "x"])
    func `come by http and https only`(url: String) async throws {
        try await withClient { client in
            let error = try await registryError {
                _ = try await HTTPSource(sharing: client).fetch(url, into: FilePath("/nonexistent/x"))
            }
            #expect(error?.kind == .unusable)
            #expect(error?.description.contains("secret") == false)
        }
    }

    @Test(
        arguments: [
            ("https://a.example/x/y.tgz", "y.tgz"), ("https://a.example/", "__unnamed__"),
            ("https://a.example", "__unnamed__"), ("https://a.example/?name=x", "__unnamed__"),
            ("https://a.example/dir/", "dir"), ("https://a.example/a%2Fb", "b"), ("https://a.example/%+f", "%+f"),
            ("https://a.example/..%2f..%2fx", "x"), ("https://a.example/..", "__unnamed__"),
            ("https://a.example/%00", "__unnamed__"),
        ] as [(String, String)])
    func `have names that stay in their folder`(url: String, name: String) throws {
        let address = try #require(WebAddress(url))
        #expect(DownloadName.name(of: address) == name)
    }
}
