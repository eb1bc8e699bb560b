// An image as it leaves the repo: without the labels of builds, in Docker's or OCI's form.
import Digests
package import Images
import Stages

package struct ExportedImage: Sendable {
    /// The configuration that containers get.
    package let config: ImageConfig
    /// From the lowest to the highest; each is packed as its blob is, never as a plain tar of this node's own.
    package let layers: [Descriptor]
    /// Where the layers come from.
    let origin: BaseImage

    /// Labels that only builds need begin with this (werf.md 5.5).
    private static let buildLabelPrefix = "werf"

    init(_ origin: BaseImage, layers: [Descriptor], addedLabels: [String: String]) {
        var config = origin.config
        config.config.labels = config.config.labels.filter { !$0.key.hasPrefix(Self.buildLabelPrefix) }
        config.config.labels.merge(addedLabels) { $1 }
        self.config = config
        self.layers = layers
        self.origin = origin
    }

    package enum Form: Sendable {
        case docker
        case oci
    }

    /// Docker's form has no name for zstd.
    var registryForm: Form { layers.contains { $0.mediaType.compression == .zstd } ? .oci : .docker }

    /// The configuration and the manifest, as they are stored.
    package func documents(_ form: Form) -> (config: EncodedDocument, manifest: EncodedDocument) {
        let config = config.encoded(as: form == .oci ? .ociConfig : .dockerConfig)
        let layers = layers.map { layer in
            Descriptor(
                mediaType: Self.mediaType(layer.mediaType, form), digest: layer.digest, size: layer.size,
                annotations: form == .oci ? layer.annotations : [:])
        }
        let manifest = Manifest(
            mediaType: form == .oci ? .ociManifest : .dockerManifest, config: config.descriptor, layers: layers)
        return (config, manifest.encoded())
    }

    private static func mediaType(_ type: MediaType, _ form: Form) -> MediaType {
        switch (type.compression, form) {
        case (.some(.none), .docker): .dockerLayerTar
        case (.some(.none), .oci): .ociLayerTar
        case (.gzip, .docker): .dockerLayerGzip
        case (.gzip, .oci): .ociLayerGzip
        case (.zstd, .docker): .dockerLayerZstd
        case (.zstd, .oci): .ociLayerZstd
        case (nil, _): type
        }
    }
}
