// The manifest of one image: its config and its layers, in Docker's schema 2 or OCI's form.

package struct Manifest: Hashable, Sendable {
    /// `dockerManifest` or `ociManifest`.
    package let mediaType: MediaType
    package let config: Descriptor
    /// From the lowest layer to the highest.
    package let layers: [Descriptor]
    package let annotations: [String: String]

    /// Largest manifest or index taken, in bytes: what registries themselves take.
    package static let bytesMax = 4 << 20
    /// Most layers of one image. Docker stops at 127, the kernel's overlay at 500.
    package static let layersMax = 1_000

    /// A manifest in the form of `mediaType`: Docker's unless OCI's is asked for.
    package init(
        mediaType: MediaType = .dockerManifest, config: Descriptor, layers: [Descriptor],
        annotations: [String: String] = [:]
    ) {
        self.mediaType = mediaType
        self.config = config
        self.layers = layers
        self.annotations = annotations
    }

    /// The same bytes for the same value. Docker's form has no annotations: they are left out.
    package func encoded() -> EncodedDocument {
        var members: [String: CanonicalJSON] = [
            "schemaVersion": .number(2), "mediaType": .text(mediaType.name), "config": config.json,
            "layers": .array(layers.map(\.json)),
        ]
        if mediaType == .ociManifest { members.set("annotations", annotations) }
        return EncodedDocument(bytes: CanonicalJSON.object(members).bytes, mediaType: mediaType)
    }

    /// Refuses what isn't a runnable image, or whose config speaks of other layers.
    package func check(config decoded: ImageConfig) throws(ImageError) {
        try checkIsImage()
        guard decoded.diffIDs.count == layers.count else {
            throw DocumentKind.manifest.refused(
                "it has \(layers.count) layers, and its config has \(decoded.diffIDs.count) diff ids")
        }
    }

    /// Refuses artifacts that aren't images (charts, signatures) and layers of unknown packing.
    package func checkIsImage() throws(ImageError) {
        guard config.mediaType.isConfig else {
            throw DocumentKind.manifest.refused("it isn't an image: its config has the type \(config.mediaType)")
        }
        for (index, layer) in layers.enumerated() where layer.mediaType.compression == nil {
            throw DocumentKind.manifest.refused("layer \(index + 1) has the unknown type \(layer.mediaType)")
        }
    }
}
