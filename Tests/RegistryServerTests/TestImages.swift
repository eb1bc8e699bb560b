// Small images to push, and pushing them.
import Digests
import HTTPMessages
import HTTPTypes
import Images
import Testing

@testable import RegistryServer

struct TestImage {
    let layer: [UInt8]
    let config: EncodedDocument
    let manifest: EncodedDocument

    init(_ name: String, type: MediaType = .ociManifest, layerBytes: Int = 1_000, layerSize: Int64? = nil) {
        layer = Array("\(name) ".utf8) + pattern(layerBytes, seed: UInt64(name.utf8.count))
        var config = ImageConfig(platform: Platform(os: "linux", architecture: "amd64"))
        config.author = name
        config.diffIDs = [BlobDigest(of: layer)]
        self.config = config.encoded(as: type == .ociManifest ? .ociConfig : .dockerConfig)
        let layers = [
            Descriptor(
                mediaType: type == .ociManifest ? .ociLayerTar : .dockerLayerTar, digest: BlobDigest(of: layer),
                size: layerSize ?? Int64(layer.count))
        ]
        manifest = Manifest(mediaType: type, config: self.config.descriptor, layers: layers).encoded()
    }
}

/// Bytes that look like chance and are the same each time.
func pattern(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed &* 2 &+ 1
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
}

extension CalledRegistry {
    @discardableResult
    func push(blob: [UInt8], to repo: String, _ fields: HTTPFields = [:]) async -> Reply {
        await self(.post, "/v2/\(repo)/blobs/uploads/?digest=\(BlobDigest(of: blob))", fields, body: blob)
    }

    @discardableResult
    func put(_ document: EncodedDocument, to repo: String, at reference: String) async -> Reply {
        await self(
            .put, "/v2/\(repo)/manifests/\(reference)", [.contentType: document.mediaType.name], body: document.bytes)
    }

    /// Everything of it, with success.
    func push(_ image: TestImage, to repo: String, tag: String) async {
        for blob in [image.layer, image.config.bytes] {
            let reply = await push(blob: blob, to: repo)
            #expect(reply.status == 201, "\(reply.text)")
        }
        let reply = await put(image.manifest, to: repo, at: tag)
        #expect(reply.status == 201, "\(reply.text)")
    }
}
