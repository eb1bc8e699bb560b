// Names, paths, headers and floods of somebody who means harm: refused, counted, and nothing outside the store touched.
import Digests
import HTTPMessages
import HTTPTypes
import Images
import Synchronization
import Testing

@testable import RegistryServer

@Suite struct `Hostile callers` {
    let scratch: Scratch
    let registry: CalledRegistry

    init() throws {
        scratch = try Scratch()
        registry = scratch.registry()
    }

    static let names = [
        "..", "../x", "a/../b", "a/..", "./a", "a/./b", "a//b", "a/", "A", "a/B", "_tags", "a/_blobs", "_catalog/x",
        "-a",
        "a-", ".a", "a.", "a..b", "a___b", "%2e%2e", "a%2fb", "a%2F..%2Fb", "a\u{0}b", "a b", "ä", "a\\b", "a:1", "a@b",
        "%00", "a%00", "registry/../../x", String(repeating: "a", count: 241),
        String(repeating: "a/", count: 200) + "a",
        "~", "a~b", "*", "$HOME", "a;b", "a\r\nb", "．．",
    ]

    @Test func `name no repos`() async throws {
        let before = try scratch.files()
        let digest = BlobDigest(of: [])
        for name in Self.names {
            for (method, path) in [
                (HTTPRequest.Method.get, "manifests/v1"), (.put, "manifests/v1"), (.delete, "manifests/v1"),
                (.get, "blobs/\(digest)"), (.delete, "blobs/\(digest)"), (.post, "blobs/uploads/"),
                (.post, "blobs/uploads/?digest=\(digest)"), (.get, "tags/list"), (.get, "referrers/\(digest)"),
            ] {
                let reply = await registry(method, "/v2/\(name)/\(path)", [.contentType: MediaType.ociManifest.name])
                #expect((400..<500).contains(reply.status), "\(method) \(name)/\(path): \(reply.status)")
                #expect(reply.code != nil, "\(name)/\(path)")
            }
        }
        #expect(try scratch.files() == before)
    }

    @Test func `name no tags, digests or uploads`() async throws {
        let image = TestImage("app")
        await registry.push(image, to: "app", tag: "v1")
        let before = try scratch.files()
        let bad =
            Self.names.filter { !ImageReference.isTag($0) } + [
                "sha256:" + String(repeating: "g", count: 64), "sha256:" + String(repeating: "a", count: 63),
                "sha256:..",
                "sha512:" + String(repeating: "a", count: 128), String(repeating: "a", count: 129), "latest/../v1",
            ]
        for name in bad {
            for path in ["manifests", "blobs", "referrers", "blobs/uploads"] {
                for method in [HTTPRequest.Method.get, .put, .delete, .patch] {
                    let reply = await registry(
                        method, "/v2/app/\(path)/\(name)", [.contentType: MediaType.ociManifest.name],
                        body: image.manifest.bytes)
                    #expect((400..<500).contains(reply.status), "\(method) \(path)/\(name): \(reply.status)")
                }
            }
        }
        #expect(try scratch.files() == before)
    }

    @Test func `find a mount's source by no other name`() async throws {
        let blob = pattern(10)
        await registry.push(blob: blob, to: "app")
        for name in Self.names + ["../registry/app", "app/", "/app"] {
            let encoded = EscapedBytes.encoded(name)
            let reply = await registry(.post, "/v2/x/blobs/uploads/?mount=\(BlobDigest(of: blob))&from=\(encoded)")
            #expect(reply.status != 201, "\(name)")
            if let location = reply.fields[.location] { _ = await registry(.delete, location) }
        }
    }

    @Test func `ask for more at once than they may`() async throws {
        var limits = RegistryLimits()
        limits.requestsPerAddressMax = 2
        limits.requestsMax = 3
        let registry = scratch.registry(limits: limits)
        let blob = pattern(10)
        await registry.push(blob: blob, to: "app")
        let path = "/v2/app/blobs/\(BlobDigest(of: blob))"
        let other = Caller(address: "[::1]:99", certificate: nil)
        var held: [ServedResponse] = [await registry.response(.get, path), await registry.response(.get, path)]
        #expect(held.allSatisfy { $0.head.status == .ok })
        let refused = await registry(.get, path)
        #expect(refused.status == 429)
        #expect(refused.code == "TOOMANYREQUESTS")
        #expect(refused.fields[.retryAfter] == "1")
        held.append(await registry.response(.get, path, caller: other))
        #expect(await registry(.get, path, caller: other).status == 429, "all together are too many")
        held = []
        #expect(await registry(.get, path).status == 200, "they end with the bodies")
        #expect(registry.service.counters.refusedByLimits == 2)
    }

    /// Whatever comes: an answer in the form of the specification, no crash, and nothing written.
    @Test func `send chance`() async throws {
        await registry.push(TestImage("app"), to: "app", tag: "v1")
        let before = try scratch.files()
        var generator = SeededGenerator(1)
        let pieces = [
            "v2", "app", "manifests", "blobs", "uploads", "tags", "list", "_catalog", "referrers", "v1", "..", ".", "",
            "%2e",
            "%2F", "sha256:" + BlobDigest(of: []).hex, "sha256:", "%", "%zz", "?n=", "?digest=", "&", "=", "\u{0}",
            "token", "é",
            "?mount=" + BlobDigest(of: []).description, "#", "//", "a".repeated(300),
        ]
        let methods: [HTTPRequest.Method] = [.get, .head, .put, .patch, .delete, .options, .trace]
        let headers: [HTTPField.Name] = [
            .range, .contentRange, .accept, .ifNoneMatch, .authorization, .ifRange, .contentType,
        ]
        for _ in 0..<3_000 {
            let count = Int.random(in: 0...7, using: &generator)
            let path = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined(separator: "/")
            var fields = HTTPFields()
            for name in headers where Bool.random(using: &generator) {
                let bytes = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
                    UInt8.random(in: 32...126, using: &generator)
                }
                fields[name] = ["", "bytes=", "Basic ", "Bearer ", "W/\""].randomElement(using: &generator).map {
                    $0 + String(decoding: bytes, as: UTF8.self)
                }
            }
            let method = methods.randomElement(using: &generator) ?? .get
            let reply = await registry(method, "/" + path, fields, body: pattern(3))
            #expect(reply.status < 500, "\(method) \(path)")
            #expect(reply.failure == nil)
            if reply.status >= 400, method != .head { #expect(reply.code != nil, "\(method) \(path)") }
        }
        #expect(try scratch.files() == before)
        #expect(scratch.log.lines.withLock { $0 } == [])
    }
}

enum EscapedBytes {
    /// Every byte in the form `%41`.
    static func encoded(_ text: String) -> String {
        text.utf8.map { "%" + Hexadecimal.text([$0]) }.joined()
    }
}

extension String {
    fileprivate func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
