// The manifest and config of a published stage, kept in the store: what later builds need is read from there.
import BlobStore
import Digests
import Images
import Stages

struct StoredImage: Sendable {
    let manifest: Manifest
    let manifestDigest: BlobDigest
    let config: ImageConfig
    let configDigest: BlobDigest

    /// Nil when a part is not in the store, or not whole.
    static func read(_ manifestDigest: BlobDigest, from blobs: BlobFolder) throws -> StoredImage? {
        guard blobs.contains(manifestDigest) else { return nil }
        let bytes = try blobs.read(manifestDigest, atMost: Manifest.bytesMax)
        guard case .image(let manifest) = try ManifestDocument(bytes, contentType: nil) else { return nil }
        guard blobs.contains(manifest.config.digest) else { return nil }
        let config = try ImageConfig(blobs.read(manifest.config.digest, atMost: ImageConfig.bytesMax))
        try manifest.check(config: config)
        return StoredImage(
            manifest: manifest, manifestDigest: manifestDigest, config: config, configDigest: manifest.config.digest)
    }

    static func write(_ documents: [EncodedDocument], to store: Store) throws {
        let blobs = store.blobs
        try store.pins.leaseBlobs(documents.map(\.digest))
        for document in documents where !blobs.contains(document.digest) {
            try blobs.write(expecting: document.digest) { try $0.append(document.bytes) }
        }
    }

    var summary: StageSummary {
        StageSummary(
            manifestDigest: manifestDigest, configDigest: configDigest,
            createdAt: Timestamp.nanoseconds(config.created),
            byteCount: manifest.layers.reduce(0) { $0 + $1.size },
            commit: config.config.labels["werf-project-repo-commit"] ?? "",
            contentDigest: config.config.labels["werf-stage-content-digest"], diffIDs: config.diffIDs)
    }

    func base(_ reference: ImageReference) -> BaseImage {
        BaseImage(reference: reference, manifestDigest: manifestDigest, manifest: manifest, config: config)
    }
}
