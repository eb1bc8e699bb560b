// Blobs that this node is fetching in parts: what it has of them is there for others who fetch them, too.
import BlobStore
import Digests
import HTTPMessages
import Synchronization
import SystemPackage

package final class ArrivingBlobs: Sendable {
    private struct State {
        var fetches: [BlobDigest: PartsFetch] = [:]
        var servedBytes: Int64 = 0
    }

    private let state = Mutex(State())

    init() {}

    /// Bytes that were given of blobs that were not whole here.
    package var servedBytes: Int64 { state.withLock { $0.servedBytes } }

    /// One fetch of a blob at a time: it holds the lock of what was received.
    func begin(_ fetch: PartsFetch) { state.withLock { $0.fetches[fetch.blob.digest] = fetch } }

    func end(_ fetch: PartsFetch) { state.withLock { $0.fetches[fetch.blob.digest] = nil } }

    /// Nil for a blob that is not being fetched.
    func answer(_ digest: BlobDigest) -> PartsAnswer? {
        state.withLock { $0.fetches[digest] }.map { PartsAnswer(has: $0.blob.present, coming: $0.coming) }
    }

    /// Bytes of which all are there and were checked.
    func part(_ digest: BlobDigest, _ range: (Int64) -> Range<Int64>?) -> (FilePart, size: Int64)? {
        guard let blob = state.withLock({ $0.fetches[digest]?.blob }), let bytes = range(blob.parts.size),
            !bytes.isEmpty
        else { return nil }
        let present = blob.present
        guard blob.parts.covering(bytes).allSatisfy(present.contains), let file = try? blob.reader() else { return nil }
        state.withLock { $0.servedBytes += Int64(bytes.count) }
        let part = FilePart(
            descriptor: file.rawValue, offset: bytes.lowerBound, count: Int64(bytes.count), close: { try? file.close() }
        )
        return (part, blob.parts.size)
    }
}
