// The layer that a node remembers of a step, and whether it may be put on the layers that are below the step now.
package import Digests
import Images

package struct RememberedStep: Hashable, Sendable {
    /// Nil for a step that changed no file.
    package let layer: LayerName?
    /// On what the layer was made.
    package let base: StepBase

    package init(layer: LayerName?, on base: StepBase) {
        self.layer = layer
        self.base = base
    }
}

/// The layers below a step when it was made. A layer is a difference: on other bytes than these it says nothing.
package enum StepBase: Hashable, Sendable {
    /// The step looked at nothing below it.
    case anything
    /// The chain of layers (`BlobDigest.chain`); nil for none.
    case chain(BlobDigest?)
}

/// The chains of layers up to each stage of an image, as far as its layers are known. Filled parents first: `begin` for
/// every stage in order, then `add` where its layer is known.
package struct LayerChains: Sendable {
    private var chains: [BlobDigest?] = []

    package init() {}

    package mutating func begin(_ stage: Stage) {
        if case .base(let base) = stage.work {
            chains.append(.chain(base.config.diffIDs))
        } else {
            chains.append(stage.parent.flatMap { chains[$0.number] })
        }
    }

    /// Whether `step` may stand on what is below the stage that was begun last.
    package func fits(_ step: RememberedStep) -> Bool {
        switch step.base {
        case .anything: true
        case .chain(let chain): chain == chains[chains.count - 1]
        }
    }

    /// The layer of the stage that was begun last.
    package mutating func add(_ layer: LayerName?) {
        guard let layer else { return }
        chains[chains.count - 1] = .chain(layer.diffID, on: chains[chains.count - 1])
    }
}
