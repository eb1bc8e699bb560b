// The stages of one image, ready to be named and built.

package struct LoweredImage: Sendable {
    /// Parents before children; `stages[i]` has the number `i`.
    package var stages: [Stage]
    /// The stage that is the image.
    package let last: StageIndex
    /// For a staged image, the Dockerfile stages in order, with the image names under which they are shown and the
    /// set, counted from the target backwards, in which they are printed.
    package let internalImages: [InternalImage]
    /// Files of the web whose content must be known before the steps have their names.
    package let unknownRemotes: [RemoteUse]

    package init(
        stages: [Stage], last: StageIndex, internalImages: [InternalImage] = [], unknownRemotes: [RemoteUse] = []
    ) {
        self.stages = stages
        self.last = last
        self.internalImages = internalImages
        self.unknownRemotes = unknownRemotes
    }
}

/// A file of the web, and where the Dockerfile asks for it.
package struct RemoteUse: Hashable, Sendable {
    package let url: String
    package let place: String
}

package struct InternalImage: Hashable, Sendable {
    package let name: String
    package let last: StageIndex
    /// 0 is the target's level; those it needs are at least one higher.
    package let level: Int

    package init(name: String, last: StageIndex, level: Int) {
        self.name = name
        self.last = last
        self.level = level
    }
}
