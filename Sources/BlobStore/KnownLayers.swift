// Layers that this process has looked at: a chain of stages asks for the same ones again with every stage.
import Digests
import Synchronization
import SystemPackage

final class KnownLayers: Sendable {
    struct Layer: Sendable {
        let path: FilePath
        /// What lies below it is not seen.
        let isOpaque: Bool
    }

    private let layers = Mutex<[BlobDigest: Layer]>([:])

    subscript(diffID: BlobDigest) -> Layer? {
        get { layers.withLock { $0[diffID] } }
        set { layers.withLock { $0[diffID] = newValue } }
    }
}
