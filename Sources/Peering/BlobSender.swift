// Puts a blob of the store into a body.
import BlobStore
import Building
import Digests
import HTTPMessages
import SystemPackage

struct BlobSender {
    private static let pieceBytes = 256 << 10

    let store: Store
    let threads: BlockingThreads

    // Safety: the buffer lives for one call.
    func send(
        _ digest: BlobDigest, _ size: Int64, into body: Body, progress: @escaping @Sendable (Int64) -> Void
    ) async throws {
        do {
            let blobs = store.blobs
            try await withTaskExecutorPreference(threads) {
                let file = try blobs.open(digest)
                defer { try? file.close() }
                var sent: Int64 = 0
                while true {
                    let piece = try unsafe [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { buffer, count in
                        count = try unsafe file.read(into: UnsafeMutableRawBufferPointer(buffer))
                    }
                    if piece.isEmpty { break }
                    try await body.write(piece)
                    sent += Int64(piece.count)
                    progress(sent)
                }
            }
            body.finish()
        } catch {
            body.fail(error)
            throw error
        }
    }
}
