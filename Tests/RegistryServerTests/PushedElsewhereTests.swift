// Pushes to a repo that a peer has, too: clients leave away what the node says it has, wherever that is.
import Digests
import HTTPTypes
import Images
import Testing

@testable import RegistryServer

@Suite struct `Pushing what a peer has` {
    let scratch: Scratch
    let elsewhere = Elsewhere()
    let registry: CalledRegistry
    let image = TestImage("app", layerBytes: 300_000)

    init() throws {
        scratch = try Scratch()
        registry = scratch.registry(missing: elsewhere)
        elsewhere.add(image, to: "app", tag: "v0")
    }

    private var layer: BlobDigest { BlobDigest(of: image.layer) }

    @Test func `brings it here before the manifest is taken`() async throws {
        #expect(await registry(.head, "/v2/app/blobs/\(layer)").status == 200)
        let reply = await registry.put(image.manifest, to: "app", at: "v1")
        #expect(reply.status == 201, "\(reply.text)")
        elsewhere.change { $0.isUnreachable = true }
        let alone = scratch.registry()
        #expect(await alone(.get, "/v2/app/manifests/v1").status == 200)
        #expect(await alone(.get, "/v2/app/blobs/\(layer)").bytes == image.layer)
        #expect(await alone(.get, "/v2/app/blobs/\(image.config.digest)").status == 200)
    }

    @Test func `takes an index of manifests that it has`() async throws {
        let entry = Descriptor(
            mediaType: .ociManifest, digest: image.manifest.digest, size: Int64(image.manifest.bytes.count))
        let text = """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociIndex)","manifests":[{"mediaType":"\(entry.mediaType)",\
            "digest":"\(entry.digest)","size":\(entry.size),"platform":{"os":"linux","architecture":"amd64"}}]}
            """
        let index = EncodedDocument(bytes: Array(text.utf8), mediaType: .ociIndex)
        #expect(await registry.put(index, to: "other", at: "v1").code == "MANIFEST_BLOB_UNKNOWN")
        let reply = await registry.put(index, to: "app", at: "v1")
        #expect(reply.status == 201, "\(reply.text)")
    }

    @Test func `takes no manifest when the bytes are wrong, or can't be had`() async throws {
        elsewhere.change { $0.lies[layer] = pattern(image.layer.count) }
        #expect(await registry.put(image.manifest, to: "app", at: "v1").status == 503)
        elsewhere.change { $0.isUnreachable = true }
        #expect(await registry.put(image.manifest, to: "app", at: "v1").status == 503)
        #expect(await scratch.registry()(.get, "/v2/app/manifests/v1").status == 404)
    }

    @Test func `fetches nothing for a manifest that lies about sizes`() async throws {
        let liar = TestImage("app", layerBytes: 300_000, layerSize: 7)
        await registry.push(blob: liar.config.bytes, to: "app")
        #expect(await registry.put(liar.manifest, to: "app", at: "v1").code == "SIZE_INVALID")
        #expect(elsewhere.change { $0.opened } == [])
    }
}
