// What an order wants to be alone with, and whether what another made can stand for it.
package import Digests
import Images
package import Stages

extension StageOrder {
    /// The layer of a step says something on the bytes only that it was made on, and made from.
    package func accepts(_ step: RememberedStep) -> Bool {
        guard let sources = sourceChains, sources == step.sources else { return false }
        return switch step.base {
        case .anything: true
        case .chain(let chain): parent.layerChain.map { $0 == chain } ?? false
        }
    }

    /// What a node makes of the order when that comes to `layer`; nil where the order doesn't tell what it stands on.
    package func step(making layer: LayerName?) -> RememberedStep? {
        guard let sources = sourceChains else { return nil }
        if work.needsNothingBelow { return RememberedStep(layer: layer, on: .anything, reading: sources) }
        return parent.layerChain.map { RememberedStep(layer: layer, on: .chain($0), reading: sources) }
    }

    /// The chains of layers of the stages that it reads, in the order in which its work names them; nil when one can't be
    /// told from the order.
    package var sourceChains: [BlobDigest?]? {
        var chains: [BlobDigest?] = []
        for stage in work.sourceStages {
            guard let content = sources[stage], let chain = content.layerChain else { return nil }
            chains.append(chain)
        }
        return chains
    }
}

extension StageContent {
    /// The chain of its layers; nil when its root is known by name only.
    fileprivate var layerChain: BlobDigest?? {
        let root: BlobDigest?
        switch self.root {
        case .scratch: root = nil
        case .base(let base): root = .chain(base.config.diffIDs)
        case .published: return nil
        }
        return .some(layers.reduce(root) { .chain($1.diffID, on: $0) })
    }
}

extension ShippedOrder {
    /// Nil for what no other build could use.
    package var want: ClaimWant? {
        guard order.isRemembered, let digest = order.digest else { return nil }
        return ClaimWant(key: ClaimKey(buildClass: buildClass, digest: digest), build: build)
    }
}
