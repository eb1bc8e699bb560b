// Files for a Dockerfile's ADD: bytes, name, date, bounds.
import Digests
import Foundation
import SystemPackage
import Testing

@testable import Registry

@Suite struct `Files from the web` {
    private func fetch(
        _ path: String, checksum: BlobDigest? = nil, bytesMax: Int64 = 1 << 20,
        _ script: @escaping ScriptedServer.Script
    ) async throws -> (file: HTTPSource.File?, bytes: [UInt8]?, error: RegistryError?) {
        try await withFolder { folder in
            try await ScriptedServer.run(script) { server in
                try await withClient { client in
                    let target = folder.appending("file")
                    var file: HTTPSource.File?
                    let error = try await registryError {
                        file = try await HTTPSource(sharing: client).fetch(
                            "http://\(server.host)\(path)", into: target, checksum: checksum, bytesMax: bytesMax)
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

    @Test func `that aren't there say so`() async throws {
        let result = try await fetch("/x") { _, _ in .answer(404) }
        #expect(result.error?.isNotFound == true)
    }

    @Test(arguments: ["file:///etc/passwd", "ftp://a.example/x", "http://name:secret@a.example/x", "x"])
    func `come by http and https only`(url: String) async throws {
        try await withClient { client in
            let error = try await registryError {
                _ = try await HTTPSource(sharing: client).fetch(url, into: FilePath("/nonexistent/x"))
            }
            #expect(error?.kind == .unusable)
        }
    }

    @Test(
        arguments: [
            ("https://a.example/x/y.tgz", nil, "y.tgz"), ("https://a.example/", nil, "download"),
            ("https://a.example/", #"attachment; filename="n.txt""#, "n.txt"),
            ("https://a.example/", "attachment; filename=n.txt", "n.txt"),
            ("https://a.example/", #"attachment; filename="../../etc/passwd""#, "passwd"),
            ("https://a.example/", #"attachment; filename="..""#, "download"),
            ("https://a.example/x", #"attachment; filename="n""#, "x"),
            ("https://a.example/dir/", #"attachment; filename="n""#, "n"), ("https://a.example/dir/", nil, "dir"),
            ("https://a.example/..%2f..%2fx", nil, "download"), ("https://a.example/%00", nil, "download"),
        ] as [(String, String?, String)])
    func `have names that stay in their folder`(url: String, disposition: String?, name: String) throws {
        let address = try #require(WebAddress(url))
        #expect(DownloadName.name(of: address, disposition: disposition) == name)
    }
}
