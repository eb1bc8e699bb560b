// What an order wants to be alone with, and whether what another made can stand for it.
import Digests
import Images
package import Stages

extension StageOrder {
    /// The layer of a step says something on the bytes only that it was made on.
    package func accepts(_ step: RememberedStep) -> Bool {
        switch step.base {
        case .anything: true
        case .chain(let chain): parentChain.map { $0 == chain } ?? false
        }
    }

    /// The chain of layers that the order stands on; nil when it can't be told from the order.
    private var parentChain: BlobDigest?? {
        let root: BlobDigest?
        switch parent.root {
        case .scratch: root = nil
        case .base(let base): root = .chain(base.config.diffIDs)
        case .published: return nil
        }
        return .some(parent.layers.reduce(root) { .chain($1.diffID, on: $0) })
    }
}

extension ShippedOrder {
    /// Nil for what no other build could use.
    package var want: ClaimWant? {
        guard order.isRemembered, let digest = order.digest else { return nil }
        return ClaimWant(key: ClaimKey(buildClass: buildClass, digest: digest), build: build)
    }
}
