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
    /// Blobs that were seen to unpack to a layer.
    private let blobs = Mutex<[BlobDigest: Set<BlobDigest>]>([:])

    subscript(diffID: BlobDigest) -> Layer? {
        get { layers.withLock { $0[diffID] } }
        set { layers.withLock { $0[diffID] = newValue } }
    }

    func isKnown(_ blob: BlobDigest, of diffID: BlobDigest) -> Bool {
        blobs.withLock { $0[diffID]?.contains(blob) ?? false }
    }

    func note(_ blob: BlobDigest, of diffID: BlobDigest) {
        blobs.withLock { _ = $0[diffID, default: []].insert(blob) }
    }
}
