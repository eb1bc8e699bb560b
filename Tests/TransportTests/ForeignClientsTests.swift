// Clients that are not ours: curl over HTTP/1.1 and HTTP/2, with TLS and without, and openssl s_client.
import Foundation
import HTTPMessages
import HTTPTypes
import LinkTesting
import Testing

@testable import Transport

private func curl(_ arguments: [String]) async -> Outcome {
    await runInBackground("/usr/bin/curl", ["--silent", "--show-error", "--max-time", "120"] + arguments)
}

private func read(_ file: String) -> Data { (try? Data(contentsOf: URL(fileURLWithPath: file))) ?? Data() }

private var authorityFile: String { TestCertificates.shared.folder + "/mesh.pem" }

/// Serves itself as a file, and a part of it.
private let files = FunctionService { request in
    let descriptor = unsafe open(TestCertificates.shared.folder + "/big", O_RDONLY)
    guard descriptor >= 0 else { return ServedResponse(HTTPResponse(status: .notFound)) }
    let part = FilePart(descriptor: descriptor, offset: 3, count: 5_000_000, close: { close(descriptor) })
    return ServedResponse(HTTPResponse(status: .ok), body: .file(part))
}

@Suite struct `Clients of others` {
    @Test(arguments: ["--http1.1", "--http2"], [true, false])
    func `curl gets and posts`(version: String, tls: Bool) async throws {
        try await withRegistryListener(tls: tls) { listener in
            let base = "\(tls ? "https" : "http")://localhost:\(listener.port)"
            let common = ["--ipv4", version, "--cacert", authorityFile]
            let hello = await curl(common + ["-w", " %{http_version} %{http_code}", base + "/hello"])
            let isHTTP2 = tls && version == "--http2"
            #expect(hello.output == "hello \(isHTTP2 ? "2" : "1.1") 200")
            let posted = await curl(common + ["-d", "some bytes", base + "/echo"])
            #expect(posted.output == "some bytes")
            let missing = await curl(common + ["-w", "%{http_code}", base + "/nowhere"])
            #expect(missing.output == "404")
        }
    }

    @Test func `curl keeps its connection for two requests, and HEAD has no body`() async throws {
        try await withRegistryListener(tls: false) { listener in
            let url = "http://127.0.0.1:\(listener.port)/hello"
            let twice = await curl(["-w", " %{num_connects}\n", url, url])
            #expect(twice.output == "hello 1\nhello 0\n")
            let head = await curl(["--head", "-w", "%{num_connects}", url, url])
            #expect(head.output.lowercased().contains("content-length: 5"))
            #expect(head.output.hasSuffix("0"))
            let unbounded = await curl(["--head", "-w", "%{http_code}", "http://127.0.0.1:\(listener.port)/echo"])
            #expect(unbounded.output.hasSuffix("200"))
        }
    }

    @Test func `curl asks before it sends a big body`() async throws {
        let file = TestCertificates.shared.folder + "/upload"
        try Data(repeating: 65, count: 3_000_000).write(to: URL(fileURLWithPath: file))
        try await withRegistryListener(tls: false) { listener in
            let url = "http://127.0.0.1:\(listener.port)/echo"
            let sent = await curl(
                [
                    "-H", "Expect: 100-continue", "--data-binary", "@\(file)", "-o", "/dev/null", "-w",
                    "%{size_download}", url,
                ])
            #expect(sent.output == "3000000")
        }
    }

    @Test(arguments: ["--http1.1", "--http2"], [true, false])
    func `a part of a file is sent`(version: String, tls: Bool) async throws {
        let file = TestCertificates.shared.folder + "/big"
        let bytes = Data((0..<6_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
        if !FileManager.default.fileExists(atPath: file) {
            try bytes.write(to: URL(fileURLWithPath: file), options: .atomic)
        }
        let copy = "\(file)-\(version)-\(tls)"
        try await withRegistryListener(files, tls: tls) { listener in
            let url = "\(tls ? "https" : "http")://127.0.0.1:\(listener.port)/file"
            let got = await curl([version, "--cacert", authorityFile, "-o", copy, "-w", "%{http_code}", url])
            #expect(got.output == "200")
            // Not within the macro: where they differ it would look for the difference of megabytes, for hours.
            let isSame = read(copy) == bytes[3..<5_000_003]
            #expect(isSame)
        }
    }

    @Test func `a client certificate reaches the service where one is shown`() async throws {
        try await withRegistryListener(tls: true) { listener in
            let folder = TestCertificates.shared.folder
            let url = "https://127.0.0.1:\(listener.port)/who"
            let file = folder + "/who.der"
            _ = await curl([
                "--cacert", authorityFile, "--cert", folder + "/node-2.pem", "--key", folder + "/node-2.key", "-o",
                file,
                url,
            ])
            #expect([UInt8](read(file)) == TestCertificates.shared.der("node-2"))
            let without = await curl(["--cacert", authorityFile, "-w", "%{size_download}", url])
            #expect(without.output == "0")
            let stranger = await curl([
                "--cacert", authorityFile, "--cert", folder + "/stranger.pem", "--key", folder + "/stranger.key", url,
            ])
            #expect(stranger.status != 0)
        }
    }

    @Test func `old TLS is spoken with strangers only`() async throws {
        try await withRegistryListener(tls: true) { listener in
            let url = "https://127.0.0.1:\(listener.port)/hello"
            let old = await curl(["--tls-max", "1.2", "--cacert", authorityFile, url])
            #expect(old.output == "hello")
        }
        try await withPeersListener { listener in
            let folder = TestCertificates.shared.folder
            let old = await curl([
                "--tls-max", "1.2", "--cacert", authorityFile, "--cert", folder + "/node-2.pem", "--key",
                folder + "/node-2.key", "https://127.0.0.1:\(listener.port)/hello",
            ])
            #expect(old.status != 0)
            let new = await curl([
                "--http2", "--cacert", authorityFile, "--cert", folder + "/node-2.pem", "--key",
                folder + "/node-2.key", "https://127.0.0.1:\(listener.port)/hello",
            ])
            #expect(new.output == "hello")
        }
    }
}
