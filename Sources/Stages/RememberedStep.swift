// The layer that a node remembers of a step, and whether it may be put on the layers that are below the step now.
package import Digests
import Images

package struct RememberedStep: Hashable, Sendable {
    /// Nil for a step that changed no file.
    package let layer: LayerName?
    /// On what the layer was made.
    package let base: StepBase
    /// Chains of the layers of the stages that it read, in the order of `StageWork.sourceStages`; nil for none.
    package let sources: [BlobDigest?]

    package init(layer: LayerName?, on base: StepBase, reading sources: [BlobDigest?] = []) {
        self.layer = layer
        self.base = base
        self.sources = sources
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
    /// Whether all layers of the chain are known.
    private var isWhole: [Bool] = []
    private var current: Stage?

    package init() {}

    package mutating func begin(_ stage: Stage) {
        current = stage
        if case .base(let base) = stage.work {
            chains.append(.chain(base.config.diffIDs))
            isWhole.append(true)
        } else {
            chains.append(stage.parent.flatMap { chains[$0.number] })
            isWhole.append(!stage.work.changesFiles && stage.parent.map { isWhole[$0.number] } ?? true)
        }
    }

    /// Whether `step` may stand on what is below the stage that was begun last, and read what that stage reads. Layers of
    /// sources that nobody needs any more are not asked for: their names are in the step's.
    package func fits(_ step: RememberedStep) -> Bool {
        let sources = current?.work.sourceStages ?? []
        guard step.sources.count == sources.count,
            zip(step.sources, sources).allSatisfy({ !isWhole[$1.number] || $0 == chains[$1.number] })
        else { return false }
        return switch step.base {
        case .anything: true
        case .chain(let chain): chain == chains[chains.count - 1]
        }
    }

    /// The layer of the stage that was begun last.
    package mutating func add(_ layer: LayerName?) {
        isWhole[chains.count - 1] = current?.parent.map { isWhole[$0.number] } ?? true
        guard let layer else { return }
        chains[chains.count - 1] = .chain(layer.diffID, on: chains[chains.count - 1])
    }
}
