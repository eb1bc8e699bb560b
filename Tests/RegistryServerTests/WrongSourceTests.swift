// Peers and upstreams that send something else: noticed, named, and never passed on to the end.
import BlobStore
import Digests
import HTTPMessages
import HTTPTypes
import Images
import Synchronization
import Testing

@testable import RegistryServer

@Suite struct `What comes and is wrong` {
    let scratch: Scratch
    let elsewhere = Elsewhere()
    let registry: CalledRegistry

    init() throws {
        scratch = try Scratch()
        registry = scratch.registry(missing: elsewhere)
    }

    @Test func `is another manifest than was asked for`() async {
        let image = TestImage("app")
        elsewhere.change { $0.manifests["app/\(BlobDigest(of: [7]))"] = image.manifest.bytes }
        let reply = await registry(.get, "/v2/app/manifests/\(BlobDigest(of: [7]))")
        #expect(reply.status == 503)
        #expect(elsewhere.change { $0.wrong } == [Elsewhere.source])
        #expect(registry.service.counters.fetches[.upstream]?.failed == 1)
        elsewhere.change {
            $0.manifests["app/v1"] = image.manifest.bytes
            $0.contentType = .dockerManifest
        }
        #expect(await registry(.get, "/v2/app/manifests/v1").status == 502, "its type is another (CVE-2021-41190)")
    }

    @Test func `is sent to its end only when it was right`() async {
        let blob = pattern(1_000_000)
        var lie = blob
        lie[500_000] ^= 1
        let digest = BlobDigest(of: blob)
        elsewhere.change { state in
            state.blobs[digest] = blob
            state.lies[digest] = lie
        }
        let reply = await registry(.get, "/v2/app/blobs/\(digest)")
        #expect(reply.status == 200)
        #expect(reply.failure != nil)
        #expect(reply.bytes.count <= blob.count - (64 << 10))
        #expect(!scratch.store.blobs.contains(digest))
        #expect(elsewhere.change { $0.wrong } == [Elsewhere.source])
        // A part that is wrong as well as one that is not: nothing of the blob was proved.
        for range in ["bytes=400000-600000", "bytes=0-10"] {
            let part = await registry(.get, "/v2/app/blobs/\(digest)", [.range: range])
            #expect(part.status == 206)
            #expect(part.failure != nil)
        }
        elsewhere.change { $0.lies = [:] }
        #expect(await registry(.get, "/v2/app/blobs/\(digest)", [.range: "bytes=0-10"]).bytes == Array(blob[0...10]))
        #expect(await registry(.get, "/v2/app/blobs/\(digest)").bytes == blob)
    }

    @Test func `lies about its length`() async {
        let blob = pattern(200_000)
        let digest = BlobDigest(of: blob)
        for lie in [blob + [1], Array(blob.dropLast()), []] {
            elsewhere.change { state in
                state.blobs[digest] = blob
                state.lies[digest] = lie
            }
            let reply = await registry(.get, "/v2/app/blobs/\(digest)")
            #expect(reply.failure != nil, "\(lie.count)")
            #expect(!scratch.store.blobs.contains(digest))
        }
        let empty = BlobDigest(of: [3])
        elsewhere.change { $0.blobs[empty] = [] }
        #expect(await registry(.get, "/v2/app/blobs/\(empty)").status == 503)
    }

    @Test func `is held back at its end until all of it was verified`() async throws {
        let blob = pattern(1_000_000)
        var lie = blob
        lie[5] ^= 1
        elsewhere.change { state in
            state.blobs[BlobDigest(of: blob)] = blob
            state.isGated = true
        }
        let response = await registry.response(.get, "/v2/app/blobs/\(BlobDigest(of: blob))")
        guard case .stream(let length, let make) = response.body else {
            Issue.record("it was here")
            return
        }
        #expect(length == Int64(blob.count))
        let body = Body()
        async let made: Void = make(body)
        let gate = await elsewhere.gate()
        gate.offer(lie)
        // The source has sent all, but not said that it is the end: nobody knows yet that it is wrong.
        let safe = blob.count - (64 << 10)
        var count = 0
        while count < safe, let piece = try await body.next() { count += piece.count }
        #expect(count == safe)
        gate.finish()
        do {
            try await made
            Issue.record("a wrong blob was taken for a right one")
        } catch {}
        #expect(elsewhere.change { $0.wrong } == [Elsewhere.source])
    }
}
