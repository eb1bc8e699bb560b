// What a finished stage is: where it starts, the layers on top, and the changes to the configuration.
package import Digests

/// What the lowest part of a stage's content is.
package enum ContentRoot: Sendable {
    case scratch
    case base(BaseImage)
    /// A stage that was found in, or written to, the repo; its manifest says the rest.
    case published(StageID)
}

/// A layer by the digest of its tar, with the tar's size in bytes.
package struct LayerName: Hashable, Sendable {
    package let diffID: BlobDigest
    package let byteCount: Int64

    package init(diffID: BlobDigest, byteCount: Int64) {
        self.diffID = diffID
        self.byteCount = byteCount
    }
}

/// Content is never copied on the way: a stage that only changes the configuration is its parent's content with one
/// more change. The configuration is that of the root with all `changes` applied in order.
package struct StageContent: Sendable {
    package let root: ContentRoot
    /// On top of the root's own, lowest first.
    package private(set) var layers: [LayerName]
    package private(set) var changes: [ConfigChange]

    package init(root: ContentRoot, layers: [LayerName] = [], changes: [ConfigChange] = []) {
        self.root = root
        self.layers = layers
        self.changes = changes
    }

    /// This content with what `stage` made of it. A stage that turned out to change no file has no layer, and its
    /// line in the history says so: engines count the lines against the layers.
    package func adding(layer: LayerName?, of stage: Stage) -> StageContent {
        var content = self
        if let layer { content.layers.append(layer) }
        content.changes += stage.changes
        if let history = stage.history {
            content.changes.append(.history(createdBy: history, isEmptyLayer: layer == nil))
        }
        return content
    }
}
