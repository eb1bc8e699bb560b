// Digests of the parts of blobs that are here whole: computed when a fetcher first asks, and remembered for the others.
import BlobStore
import Building
import Digests
import HTTPMessages
import Synchronization
import SystemPackage

final class PartDigests: Sendable {
    /// Blobs whose digests are remembered.
    static let blobsMax = 64
    /// Bytes on the disk may rot: after so long they are looked at again.
    static let timeMax = Duration.seconds(600)
    /// Until somebody who waits for another's digest looks again.
    private static let pause = Duration.milliseconds(2)

    /// Those of one blob, which grow while they are computed by one of those who send them.
    private final class List: Sendable {
        private struct State {
            var digests: [BlobDigest] = []
            var isBusy = false
        }

        let begun = ContinuousClock.now
        private let state = Mutex(State())

        func known(from first: Int) -> ArraySlice<BlobDigest> { state.withLock { $0.digests[first...] } }

        /// The part that the caller computes; nil while another one does.
        func take() -> Int? {
            state.withLock { state in
                guard !state.isBusy else { return nil }
                state.isBusy = true
                return state.digests.count
            }
        }

        /// Nil when it could not be computed.
        func give(_ digest: BlobDigest?) {
            state.withLock { state in
                state.isBusy = false
                if let digest { state.digests.append(digest) }
            }
        }
    }

    private let blobs: BlobFolder
    private let threads: BlockingThreads
    private let lists = Mutex<[BlobDigest: List]>([:])

    init(_ blobs: BlobFolder, _ threads: BlockingThreads) {
        self.blobs = blobs
        self.threads = threads
    }

    /// Bytes of a line: the digits of a digest, and its end.
    static let lineBytes = 65

    /// A line for each part of the blob, as soon as it is known.
    func send(_ blob: BlobDigest, _ parts: BlobParts, into body: Body) async throws {
        let file = try blobs.open(blob)
        defer { try? file.close() }
        let list = list(of: blob)
        var sent = 0
        while sent < parts.count {
            let known = list.known(from: sent)
            if !known.isEmpty {
                try await body.write(known.flatMap { Array($0.hex.utf8) + [UInt8(ascii: "\n")] })
                sent += known.count
            } else if let part = list.take() {
                // Another may have computed it since.
                guard part < parts.count else {
                    list.give(nil)
                    continue
                }
                let digest = await withTaskExecutorPreference(threads) {
                    Result { try blobs.digest(of: parts.bytes(of: part), of: blob, in: file) }
                }
                list.give(try? digest.get())
                _ = try digest.get()
            } else {
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    private func list(of blob: BlobDigest) -> List {
        lists.withLock { lists in
            lists = lists.filter { $0.value.begun.duration(to: .now) < Self.timeMax }
            if let list = lists[blob] { return list }
            while lists.count >= Self.blobsMax, let oldest = lists.min(by: { $0.value.begun < $1.value.begun }) {
                lists[oldest.key] = nil
            }
            let list = List()
            lists[blob] = list
            return list
        }
    }
}
