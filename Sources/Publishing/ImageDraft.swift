// From the content of a stage to the config and manifest of an image.
import BlobStore
import Building
import Digests
import Images
import Mesh
import Stages

/// What a stage's image will be: its configuration, and its layers from the lowest to the highest.
struct ImageDraft: Sendable {
    let config: ImageConfig
    let layers: [DraftLayer]

    /// A layer that comes with a base or a published stage bears the descriptor under which that has it.
    struct DraftLayer: Sendable {
        let diffID: BlobDigest
        let inherited: Descriptor?
        let byteCount: Int64?
    }

    /// `created` stamps the image and its history, in RFC 3339.
    init(_ order: PublishOrder, root: BaseImage?, platform: Platform, created: String) {
        var config = root?.config ?? ImageConfig(platform: platform)
        for change in order.content.changes { change.apply(to: &config, created: created) }
        for (name, value) in order.labels { config.config.labels[name] = value }
        // A parent that came with the base is not this stage's.
        if order.parent == nil { config.config.labels["werf.io/parent-stage-id"] = nil }
        config.created = created
        var layers: [DraftLayer] = []
        if let root {
            for (descriptor, diffID) in zip(root.manifest.layers, root.config.diffIDs) {
                layers.append(DraftLayer(diffID: diffID, inherited: descriptor, byteCount: nil))
            }
        }
        for layer in order.content.layers {
            layers.append(DraftLayer(diffID: layer.diffID, inherited: nil, byteCount: layer.byteCount))
        }
        config.diffIDs = layers.map(\.diffID)
        self.config = config
        self.layers = layers
    }
}
