// What is not here comes from elsewhere: once, verified, and never wrong to its end.
import BlobStore
import Digests
import HTTPMessages
import HTTPTypes
import Images
import Synchronization
import Testing

@testable import RegistryServer

@Suite struct `What is not here` {
    let scratch: Scratch
    let elsewhere = Elsewhere()
    let registry: CalledRegistry

    init() throws {
        scratch = try Scratch()
        registry = scratch.registry(missing: elsewhere)
    }

    @Test func `comes by tag and by digest, and is kept`() async {
        let image = TestImage("app")
        elsewhere.add(image, to: "lib/app", tag: "v1")
        let reply = await registry(.get, "/v2/lib/app/manifests/v1")
        #expect(reply.status == 200)
        #expect(reply.bytes == image.manifest.bytes)
        #expect(reply.fields[.contentType] == MediaType.ociManifest.name)
        let layer = await registry(.get, "/v2/lib/app/blobs/\(BlobDigest(of: image.layer))")
        #expect(layer.status == 200)
        #expect(layer.bytes == image.layer)
        elsewhere.change { $0.isUnreachable = true }
        #expect(await registry(.get, "/v2/lib/app/manifests/\(image.manifest.digest)").bytes == image.manifest.bytes)
        #expect(await registry(.get, "/v2/lib/app/blobs/\(BlobDigest(of: image.layer))").bytes == image.layer)
        #expect(elsewhere.change { $0.opened } == [0])
        let fetches = registry.service.counters.fetches[.upstream]
        #expect(fetches?.good == 2)
        #expect(fetches?.byteCount == Int64(image.layer.count + image.manifest.bytes.count))
    }

    @Test func `is asked for again by tag, and answered stale when nobody can be asked`() async {
        let (first, second) = (TestImage("one"), TestImage("second"))
        elsewhere.add(first, to: "app", tag: "v1")
        #expect(await registry(.get, "/v2/app/manifests/v1").bytes == first.manifest.bytes)
        #expect(await registry(.get, "/v2/app/manifests/v1").bytes == first.manifest.bytes)
        elsewhere.add(second, to: "app", tag: "v1")
        #expect(await registry(.get, "/v2/app/manifests/v1").bytes == second.manifest.bytes)
        elsewhere.change { $0.isUnreachable = true }
        let stale = await registry(.get, "/v2/app/manifests/v1")
        #expect(stale.bytes == second.manifest.bytes)
        #expect(stale.fields[.warning] == "110 - \"Response is Stale\"")
        #expect(registry.service.counters.staleAnswers == 1)
        elsewhere.change {
            $0.isUnreachable = false
            $0.manifests = [:]
        }
        #expect(await registry(.get, "/v2/app/manifests/v1").status == 404)
        #expect(elsewhere.change { $0.manifestQuestions } == 5)
    }

    @Test func `is not there, or can't be had`() async {
        #expect(await registry(.get, "/v2/app/manifests/v1").code == "MANIFEST_UNKNOWN")
        #expect(await registry(.get, "/v2/app/blobs/\(BlobDigest(of: [1]))").code == "BLOB_UNKNOWN")
        elsewhere.change { $0.isUnreachable = true }
        #expect(await registry(.get, "/v2/app/manifests/v1").status == 503)
        #expect(await registry(.get, "/v2/app/blobs/\(BlobDigest(of: [1]))").code == "UNAVAILABLE")
    }

    @Test func `is asked for only when it is not here`() async {
        let image = TestImage("app")
        await registry.push(image, to: "app", tag: "v1")
        elsewhere.add(TestImage("other"), to: "app", tag: "v1")
        #expect(await registry(.get, "/v2/app/manifests/v1").bytes == image.manifest.bytes)
        #expect(elsewhere.change { $0.manifestQuestions } == 0)
        #expect(elsewhere.change { $0.blobQuestions } == 0)
    }

    @Test func `goes on where the link broke`() async {
        let blob = pattern(400_000)
        let digest = BlobDigest(of: blob)
        elsewhere.change { state in
            state.blobs[digest] = blob
            state.cuts = [100_000, 0, 50_000]
        }
        let reply = await registry(.get, "/v2/app/blobs/\(digest)")
        #expect(reply.failure == nil)
        let isSame = reply.bytes == blob
        #expect(isSame)
        #expect(elsewhere.change { $0.opened } == [0, 100_000, 100_000, 150_000])
    }

    @Test func `goes on where an earlier fetch ended`() async throws {
        let blob = pattern(300_000)
        let digest = BlobDigest(of: blob)
        elsewhere.change { state in
            state.blobs[digest] = blob
            state.cuts = [120_000, 0, 0, 0]
        }
        #expect(await registry(.get, "/v2/app/blobs/\(digest)").failure != nil)
        elsewhere.change { $0.cuts = [] }
        let isSame = await registry(.get, "/v2/app/blobs/\(digest)").bytes == blob
        #expect(isSame)
        #expect(elsewhere.change { $0.opened.last } == 120_000)
    }

    /// Otherwise a repo could name another's blobs and so get them.
    @Test func `is served from another repo's bytes only when it is in this one, too`() async {
        let blob = pattern(1_000)
        let digest = BlobDigest(of: blob)
        await registry.push(blob: blob, to: "secret")
        elsewhere.change { state in
            state.blobs[digest] = blob
            state.blobRepo = "known"
        }
        #expect(await registry(.get, "/v2/open/blobs/\(digest)").status == 404)
        let isSame = await registry(.get, "/v2/known/blobs/\(digest)").bytes == blob
        #expect(isSame)
        #expect(elsewhere.change { $0.opened } == [], "no byte was moved")
    }

    @Test func `costs no byte to be looked at`() async {
        let blob = pattern(1_000)
        elsewhere.change { $0.blobs[BlobDigest(of: blob)] = blob }
        let head = await registry(.head, "/v2/app/blobs/\(BlobDigest(of: blob))")
        #expect(head.status == 200)
        #expect(head.fields[.contentLength] == "1000")
        #expect(elsewhere.change { $0.opened } == [])
    }

    @Test func `may be empty`() async {
        let empty = BlobDigest(of: [])
        elsewhere.change { $0.blobs[empty] = [] }
        let reply = await registry(.get, "/v2/app/blobs/\(empty)")
        #expect(reply.status == 200)
        #expect(reply.bytes == [])
    }

    /// containerd names the registry that it wants a mirror of.
    @Test func `is asked for by the name of the registry that is mirrored`() async {
        let image = TestImage("app")
        elsewhere.add(image, to: "docker.io/library/app", tag: "v1")
        let registry = scratch.registry(missing: elsewhere, upstreams: ["docker.io"])
        #expect(await registry(.get, "/v2/library/app/manifests/v1?ns=docker.io").bytes == image.manifest.bytes)
        let layer = BlobDigest(of: image.layer)
        #expect(await registry(.get, "/v2/library/app/blobs/\(layer)?ns=docker.io").bytes == image.layer)
        #expect(await registry(.get, "/v2/docker.io/library/app/manifests/v1").bytes == image.manifest.bytes)
        #expect(await registry(.get, "/v2/library/app/manifests/v1").status == 404)
        #expect(await registry(.get, "/v2/library/app/manifests/v1?ns=evil.example").status == 404)
    }
}
