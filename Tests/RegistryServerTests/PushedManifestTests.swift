// Manifests that are pushed, moved and deleted, and those that are refused.
import Digests
import HTTPMessages
import HTTPTypes
import Images
import Testing

@testable import RegistryServer

@Suite struct `Pushing manifests` {
    let scratch: Scratch
    let registry: CalledRegistry

    init() throws {
        scratch = try Scratch()
        registry = scratch.registry()
    }

    @Test func `takes no manifest whose parts are not there`() async {
        let image = TestImage("app")
        await registry.push(blob: image.layer, to: "app")
        #expect(await registry.put(image.manifest, to: "app", at: "v1").code == "MANIFEST_BLOB_UNKNOWN")
        await registry.push(blob: image.config.bytes, to: "other")
        #expect(await registry.put(image.manifest, to: "app", at: "v1").code == "MANIFEST_BLOB_UNKNOWN")
        await registry.push(blob: image.config.bytes, to: "app")
        let reply = await registry.put(image.manifest, to: "app", at: "v1")
        #expect(reply.status == 201)
        #expect(reply.fields[.location] == "/v2/app/manifests/v1")
        #expect(reply.fields[.contentDigest] == image.manifest.digest.description)
    }

    @Test func `takes no manifest that lies about sizes`() async {
        let image = TestImage("app", layerSize: 7)
        await registry.push(blob: image.layer, to: "app")
        await registry.push(blob: image.config.bytes, to: "app")
        #expect(await registry.put(image.manifest, to: "app", at: "v1").code == "SIZE_INVALID")
        #expect(await registry(.get, "/v2/app/manifests/v1").status == 404)
    }

    @Test func `takes no manifest that is none`() async {
        let type: HTTPFields = [.contentType: MediaType.ociManifest.name]
        for text in ["", "{}", "[", "{\"schemaVersion\":1}", "{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]}"] {
            let reply = await registry(.put, "/v2/app/manifests/v1", type, body: Array(text.utf8))
            #expect(reply.status == 400, "\(text)")
            #expect(reply.code == "MANIFEST_INVALID", "\(text)")
        }
        let image = TestImage("app")
        let other = await registry(
            .put, "/v2/app/manifests/v1", [.contentType: MediaType.dockerManifest.name], body: image.manifest.bytes)
        #expect(other.code == "MANIFEST_INVALID", "its type is another one (CVE-2021-41190)")
        let long = await registry(
            .put, "/v2/app/manifests/v1", type, body: [UInt8](repeating: 32, count: (4 << 20) + 1))
        #expect(long.status == 413)
        let digest = await registry.put(image.manifest, to: "app", at: BlobDigest(of: []).description)
        #expect(digest.code == "DIGEST_INVALID")
    }

    @Test func `moves a tag to another manifest`() async {
        let (first, second) = (TestImage("one"), TestImage("second"))
        await registry.push(first, to: "app", tag: "v1")
        await registry.push(second, to: "app", tag: "v1")
        #expect(await registry(.get, "/v2/app/manifests/v1").bytes == second.manifest.bytes)
        #expect(await registry(.get, "/v2/app/manifests/\(first.manifest.digest)").bytes == first.manifest.bytes)
    }

    @Test func `deletes tags, manifests with their tags, and blobs`() async {
        let image = TestImage("app")
        for tag in ["v1", "v2", "v3"] { await registry.push(image, to: "app", tag: tag) }
        #expect(await registry(.delete, "/v2/app/manifests/v1").status == 202)
        #expect(await registry(.delete, "/v2/app/manifests/v1").code == "MANIFEST_UNKNOWN")
        #expect(await registry(.get, "/v2/app/manifests/v2").status == 200)
        #expect(await registry(.delete, "/v2/app/manifests/\(image.manifest.digest)").status == 202)
        for reference in ["v2", "v3", image.manifest.digest.description] {
            #expect(await registry(.get, "/v2/app/manifests/\(reference)").status == 404)
        }
        #expect(await registry(.get, "/v2/app/tags/list").text == #"{"name":"app","tags":[]}"#)
        let layer = BlobDigest(of: image.layer)
        #expect(await registry(.delete, "/v2/app/blobs/\(layer)").status == 202)
        #expect(await registry(.get, "/v2/app/blobs/\(layer)").status == 404)
        #expect(await registry(.delete, "/v2/app/blobs/\(layer)").status == 404)
    }

    @Test func `knows no other methods`() async {
        for path in ["/v2/", "/v2/app/tags/list", "/v2/app/manifests/v1", "/v2/_catalog"] {
            let reply = await registry(.post, path)
            #expect(reply.status == 405, "\(path)")
            #expect(reply.code == "UNSUPPORTED")
        }
    }

    @Test func `names what cleaning has to keep: what was pushed, and not what was only fetched`() async throws {
        let (pushed, fetched) = (TestImage("app"), TestImage("fetched"))
        let elsewhere = Elsewhere()
        elsewhere.add(fetched, to: "lib/fetched", tag: "v1")
        let registry = scratch.registry(missing: elsewhere)
        await registry.push(pushed, to: "app", tag: "v1")
        #expect(await registry(.get, "/v2/lib/fetched/manifests/v1").status == 200)
        #expect(await registry(.get, "/v2/lib/fetched/blobs/\(BlobDigest(of: fetched.layer))").status == 200)
        let kept = try scratch.contents.pushedBlobs()
        #expect(kept == [pushed.manifest.digest, pushed.config.digest, BlobDigest(of: pushed.layer)])
        #expect(await registry(.delete, "/v2/app/manifests/v1").status == 202)
        #expect(try scratch.contents.pushedBlobs() == [])
    }
}
