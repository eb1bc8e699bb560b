// Copies images out of the repo: to any registry, or with their blobs into files.
package import BlobStore
package import Building
package import Digests
package import Images
package import Registry
package import Reports
import Stages

package struct ImageExport: Sendable {
    let store: Store
    private let client: RegistryClient
    private let supply: LayerSupply
    private let images: any PublishedLayers
    private let report: @Sendable (BuildEvent) -> Void

    /// Threads that compress one layer.
    private static let compressionCores = 2

    package init(
        store: Store, client: RegistryClient, supply: LayerSupply, images: any PublishedLayers,
        report: @escaping @Sendable (BuildEvent) -> Void
    ) {
        self.store = store
        self.client = client
        self.supply = supply
        self.images = images
        self.report = report
    }

    /// The image of a stage as it will be exported.
    package func image(of stage: StageID, adding labels: [String: String]) async throws -> ExportedImage {
        let origin = try await images.image(of: stage)
        var layers: [Descriptor] = []
        for (layer, diffID) in zip(origin.manifest.layers, origin.config.diffIDs) {
            layers.append(try packed(layer, diffID))
        }
        return ExportedImage(origin, layers: layers, addedLabels: labels)
    }

    /// A local image names its layers by their tars: here each gets a packed form, of a base the one it came in.
    private func packed(_ layer: Descriptor, _ diffID: BlobDigest) throws -> Descriptor {
        guard layer.mediaType.compression == LayerCompression.none, layer.digest == diffID,
            !store.blobs.contains(diffID)
        else { return layer }
        let blob = try store.layers.compressed(diffID, cores: Self.compressionCores) { try Task.checkCancellation() }
        let type = try PackedBlob.mediaType(OwnedBlob(store.blobs.open(blob.digest)))
        return Descriptor(mediaType: type, digest: blob.digest, size: blob.byteCount)
    }

    /// Pushes `image` and puts it under `target`: blobs that the registry has are mounted, not sent.
    package func push(_ image: ExportedImage, to target: ImageReference, subject: String) async throws {
        let (config, manifest) = image.documents(image.registryForm)
        let source = image.origin.reference.repository
        for layer in image.layers {
            let reader = LazyBlob { try await opened(layer, of: image) }
            let transfer = Transfer(.push, subject: subject, blob: layer.digest)
            let report = report
            try await client.pushBlob(
                layer.digest, size: layer.size, to: target.repository, mountFrom: source,
                progress: { report(.transferred(transfer, byteCount: $0, total: layer.size)) },
                source: { offset, count in try await reader.file().read(offset, count) })
        }
        try await client.pushBlob(
            config.digest, size: Int64(config.bytes.count), to: target.repository,
            source: { offset, count in Array(config.bytes[Int(offset)...].prefix(count)) })
        try await client.putManifest(manifest, at: ManifestTarget(target), of: target.repository)
    }

    /// The blob of a layer, fetched where it is not on this node.
    func blob(_ layer: Descriptor, of image: ExportedImage) async throws -> OwnedBlob {
        try await opened(layer, of: image).file
    }

    private func opened(
        _ layer: Descriptor, of image: ExportedImage
    ) async throws -> (file: OwnedBlob, isFetched: Bool) {
        let isFetched = try await supply.fetch(layer, of: image.origin, report: report)
        return (try OwnedBlob(store.blobs.open(layer.digest)), isFetched)
    }
}
