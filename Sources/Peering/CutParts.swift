// Beginnings of parts that were cut short, in memory: a fetch that is begun again and again over a slow link gets on.
import BlobStore
import Digests
import Synchronization

final class CutParts: Sendable {
    /// Parts that are kept, of any blobs: 16 MiB at most.
    static let countMax = 4

    private struct Cut {
        let blob: BlobDigest
        let part: Int
        let bytes: [UInt8]
    }

    /// The oldest first.
    private let cuts = Mutex<[Cut]>([])

    func keep(_ bytes: [UInt8], of part: Int, _ blob: BlobDigest) {
        guard !bytes.isEmpty else { return }
        cuts.withLock { cuts in
            cuts.removeAll { $0.blob == blob && $0.part == part }
            cuts = cuts.suffix(Self.countMax - 1) + [Cut(blob: blob, part: part, bytes: bytes)]
        }
    }

    /// Empty when nothing was kept. Nobody has checked it.
    func take(_ part: Int, _ blob: BlobDigest) -> [UInt8] {
        cuts.withLock { cuts in
            guard let place = cuts.firstIndex(where: { $0.blob == blob && $0.part == part }) else { return [] }
            return cuts.remove(at: place).bytes
        }
    }

    /// The blob is here.
    func drop(_ blob: BlobDigest) { cuts.withLock { $0.removeAll { $0.blob == blob } } }
}
