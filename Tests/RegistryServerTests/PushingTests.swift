// Blobs and manifests by every way of pushing, and what is refused.
import BlobStore
import Digests
import HTTPMessages
import HTTPTypes
import Images
import Synchronization
import Testing

@testable import RegistryServer

@Suite struct `Pushing` {
    let scratch: Scratch
    let registry: CalledRegistry

    init() throws {
        scratch = try Scratch()
        registry = scratch.registry()
    }

    private func begin(_ repo: String = "app") async throws -> String {
        let reply = await registry(.post, "/v2/\(repo)/blobs/uploads/")
        #expect(reply.status == 202)
        #expect(reply.fields[.range] == "0-0")
        return try #require(reply.fields[.location])
    }

    @Test func `takes a blob in one request`() async {
        let blob = pattern(5_000)
        let reply = await registry.push(blob: blob, to: "app")
        #expect(reply.status == 201)
        #expect(reply.fields[.location] == "/v2/app/blobs/\(BlobDigest(of: blob))")
        #expect(reply.fields[.contentDigest] == BlobDigest(of: blob).description)
        #expect(await registry(.get, "/v2/app/blobs/\(BlobDigest(of: blob))").bytes == blob)
    }

    @Test func `takes a blob in two requests`() async throws {
        let blob = pattern(5_000)
        let location = try await begin()
        let reply = await registry(.put, location + "?digest=\(BlobDigest(of: blob))", body: blob)
        #expect(reply.status == 201)
        #expect(await registry(.get, "/v2/app/blobs/\(BlobDigest(of: blob))").bytes == blob)
        #expect(await registry(.get, location).code == "BLOB_UPLOAD_UNKNOWN", "it has ended")
    }

    @Test func `takes a blob in chunks, each in its place`() async throws {
        let blob = pattern(3_000)
        let location = try await begin()
        let first = await registry(.patch, location, [.contentRange: "0-999"], body: Array(blob[..<1_000]))
        #expect(first.status == 202)
        #expect(first.fields[.range] == "0-999")
        let wrong = await registry(.patch, location, [.contentRange: "2000-2999"], body: Array(blob[2_000...]))
        #expect(wrong.status == 416)
        #expect(wrong.fields[.range] == "0-999")
        #expect(wrong.fields[.location] == location)
        let second = await registry(.patch, location, [.contentRange: "1000-1999"], body: Array(blob[1_000..<2_000]))
        #expect(second.fields[.range] == "0-1999")
        let status = await registry(.get, location)
        #expect(status.status == 204)
        #expect(status.fields[.range] == "0-1999")
        let last = await registry(
            .put, location + "?digest=\(BlobDigest(of: blob))", [.contentRange: "2000-2999"],
            body: Array(blob[2_000...]))
        #expect(last.status == 201)
        #expect(await registry(.get, "/v2/app/blobs/\(BlobDigest(of: blob))").bytes == blob)
    }

    @Test func `goes on where a cut connection ended`() async throws {
        let blob = pattern(300_000)
        let location = try await begin()
        let cut = Body()
        cut.offer(Array(blob[..<100_000]))
        cut.fail(Body.Failure.broken("cut"))
        let reply = await CalledRegistry.read(await registry.response(.patch, location, body: cut))
        #expect(reply.code == "BLOB_UPLOAD_INVALID")
        let status = await registry(.get, location)
        #expect(status.fields[.range] == "0-99999")
        let rest = await registry(.patch, location, [.contentRange: "100000-299999"], body: Array(blob[100_000...]))
        #expect(rest.status == 202)
        #expect(await registry(.put, location + "?digest=\(BlobDigest(of: blob))").status == 201)
        #expect(await registry(.get, "/v2/app/blobs/\(BlobDigest(of: blob))").bytes == blob)
    }

    /// The server may learn later than the client that a connection is dead.
    @Test func `lets a new request go on while the old one hangs`() async throws {
        let blob = pattern(2_000)
        let location = try await begin()
        let hanging = Body()
        async let old = registry.response(.patch, location, body: hanging)
        hanging.offer(Array(blob[..<1_000]))
        while await registry(.get, location).fields[.range] != "0-999" { await Task.yield() }
        #expect(
            await registry(.patch, location, [.contentRange: "1000-1999"], body: Array(blob[1_000...])).status == 202)
        hanging.offer([0])
        #expect(await old.head.status.code == 409)
        #expect(await registry(.put, location + "?digest=\(BlobDigest(of: blob))").status == 201)
    }

    @Test func `drops bytes of another digest`() async throws {
        let blob = pattern(1_000)
        let wrong = BlobDigest(of: [1])
        let reply = await registry(.post, "/v2/app/blobs/uploads/?digest=\(wrong)", body: blob)
        #expect(reply.status == 400)
        #expect(reply.code == "DIGEST_INVALID")
        let location = try await begin()
        #expect(await registry(.put, location + "?digest=\(wrong)", body: blob).code == "DIGEST_INVALID")
        #expect(await registry(.get, location).status == 404)
        #expect(!scratch.store.blobs.contains(wrong))
        #expect(!scratch.store.blobs.contains(BlobDigest(of: blob)))
        #expect(try scratch.unfinished() == [])
        #expect(registry.service.counters.wrongUploads == 2)
    }

    @Test func `refuses digests that are none`() async throws {
        let location = try await begin()
        let texts = [
            "", "sha256:abc", "sha512:" + String(repeating: "a", count: 128), "../../etc/passwd",
            "SHA256:" + BlobDigest(of: []).hex, "sha256:" + BlobDigest(of: []).hex.uppercased(),
        ]
        for text in texts {
            #expect(await registry(.put, location + "?digest=\(text)").code == "DIGEST_INVALID", "\(text)")
            #expect(await registry(.post, "/v2/app/blobs/uploads/?digest=\(text)").status == 400, "\(text)")
        }
        #expect(await registry(.put, location).code == "DIGEST_INVALID")
    }

    @Test func `cancels an upload and leaves nothing`() async throws {
        let location = try await begin()
        #expect(await registry(.patch, location, body: pattern(1_000)).status == 202)
        #expect(try scratch.unfinished().count == 1)
        #expect(await registry(.delete, location).status == 204)
        #expect(try scratch.unfinished() == [])
        #expect(await registry(.get, location).code == "BLOB_UPLOAD_UNKNOWN")
        #expect(await registry(.delete, location).status == 404)
    }

    @Test func `finds an upload only by its own repo`() async throws {
        let location = try await begin("app")
        #expect(await registry(.get, location.replacing("/v2/app/", with: "/v2/other/")).status == 404)
    }

    @Test func `mounts a blob of another repo`() async {
        let blob = pattern(1_000)
        let digest = BlobDigest(of: blob)
        await registry.push(blob: blob, to: "from/here")
        let reply = await registry(.post, "/v2/to/here/blobs/uploads/?mount=\(digest)&from=from%2Fhere")
        #expect(reply.status == 201)
        #expect(reply.fields[.location] == "/v2/to/here/blobs/\(digest)")
        #expect(await registry(.get, "/v2/to/here/blobs/\(digest)").bytes == blob)
        for query in ["mount=\(digest)&from=another", "mount=\(BlobDigest(of: []))&from=from/here", "mount=\(digest)"] {
            #expect(await registry(.post, "/v2/x/blobs/uploads/?\(query)").status == 202, "\(query)")
        }
    }

    @Test func `gives up idle uploads`() async throws {
        let time = Mutex(ContinuousClock.now)
        let registry = scratch.registry(now: { time.withLock { $0 } })
        let location = try #require(await registry(.post, "/v2/app/blobs/uploads/").fields[.location])
        time.withLock { $0 += .seconds(3_000) }
        #expect(await registry(.patch, location, body: [1]).status == 202)
        time.withLock { $0 += .seconds(3_000) }
        registry.service.dropIdleUploads()
        #expect(await registry(.get, location).status == 204)
        time.withLock { $0 += .seconds(3_601) }
        registry.service.dropIdleUploads()
        #expect(await registry(.get, location).status == 404)
        #expect(try scratch.unfinished() == [])
    }

    @Test func `bounds uploads by number and by size`() async throws {
        var limits = RegistryLimits()
        limits.uploadsPerAddressMax = 2
        limits.uploadsMax = 3
        limits.uploadBytesMax = 1_000
        let registry = scratch.registry(limits: limits)
        let other = Caller(address: "10.0.0.1:99", certificate: nil)
        func begin(_ caller: Caller) async -> Int {
            await registry(.post, "/v2/app/blobs/uploads/", caller: caller).status
        }
        let first = try #require(await registry(.post, "/v2/app/blobs/uploads/").fields[.location])
        #expect(await begin(CalledRegistry.caller) == 202)
        #expect(await begin(CalledRegistry.caller) == 429)
        #expect(await begin(other) == 202)
        #expect(await begin(other) == 429)
        let long = await registry(.patch, first, body: pattern(1_001))
        #expect(long.status == 413)
        #expect(await registry(.get, first).status == 404, "it is gone")
        let said = await registry(
            .post, "/v2/app/blobs/uploads/?digest=\(BlobDigest(of: []))", [.contentLength: "1001"])
        #expect(said.status == 413)
        #expect(registry.service.counters.refusedByLimits == 2)
    }

    @Test func `takes two pushes of one blob at once`() async {
        let blob = pattern(200_000)
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { await registry.push(blob: blob, to: "app").status } }
            for await status in group { #expect(status == 201) }
        }
        #expect(await registry(.get, "/v2/app/blobs/\(BlobDigest(of: blob))").bytes == blob)
        #expect((try? scratch.unfinished()) == [])
    }
}
