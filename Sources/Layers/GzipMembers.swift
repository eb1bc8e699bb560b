// Hashes a stream and compresses it as gzip members of 1 MiB each, on several threads, to the same bytes on any number.
package import Digests
import Glibc
import Threads

// Safety: the ring's members are each touched by one thread at a time, handed over under its lock; all threads are
// joined before the ring goes away.

/// What both digests and the compression of a stream came to.
package struct CompressedStream: Hashable, Sendable {
    /// SHA-256 of what was given, and its count.
    package let content: BlobDigest
    package let contentByteCount: Int64
    /// SHA-256 of the compressed bytes, and their count.
    package let blob: BlobDigest
    package let blobByteCount: Int64
}

/// One thread, the caller's, gives bytes and takes the result, and helps to hash and compress while it would have to
/// wait. Members are hashed one after the other, by whichever thread is free, and compressed side by side.
/// Memory, however long the stream is: `membersMax` members of 2 MiB + 4 KiB each, bytes and result, of which only those
/// are allocated that a stream fills. Threads start when the first member is full.
@safe package final class GzipMembers {
    /// Uncompressed bytes of one member: another size would be another blob.
    package static let memberBytes = 1 << 20

    /// Members that are filled, compressed or not yet given to the output at one time: one for each thread, one that is
    /// filled and one that waits for its turn meanwhile. The caller's thread alone does with one.
    package static func membersMax(cores: Int) -> Int { cores <= 1 ? 1 : cores + 2 }

    private let cores: Int
    private let output: (UnsafeRawBufferPointer) throws -> Void
    private let ring: MemberRing
    private var threads: [WorkerThread] = []
    private var hasher: Digests.Hasher? = Digests.Hasher(.sha256)
    private var contentByteCount: Int64 = 0
    private var blobByteCount: Int64 = 0

    /// The compressed bytes go to `output` in order, on the thread that calls `append` and `finish`.
    package init(cores: Int, output: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        self.cores = max(1, cores)
        unsafe self.output = output
        ring = MemberRing(count: Self.membersMax(cores: cores))
    }

    deinit { stop() }

    package func append(_ bytes: UnsafeRawBufferPointer) throws {
        contentByteCount += Int64(bytes.count)
        var rest = unsafe bytes
        while unsafe !rest.isEmpty {
            let taken = unsafe ring.filling.fill(rest)
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
            if ring.filling.isFull { try submit() }
        }
    }

    /// Call once.
    package func finish() throws -> CompressedStream {
        if !ring.filling.isEmpty || ring.submitted == 0 { ring.submit() }
        while ring.hasUnwritten { try advance() }
        stop()
        guard let hasher = hasher.take() else { preconditionFailure("a stream is finished once") }
        return CompressedStream(
            content: ring.finishHash(), contentByteCount: contentByteCount, blob: BlobDigest(finishing: hasher),
            blobByteCount: blobByteCount)
    }

    private func submit() throws {
        ring.submit()
        if threads.isEmpty {
            // The caller is one of the threads, and does all when there are no others.
            threads = (1..<cores).compactMap { _ in WorkerThread { [ring] in ring.work() } }
        }
        while !ring.canFill { try advance() }
    }

    /// Writes the oldest member if it is done, else helps, else waits.
    private func advance() throws {
        guard let member = ring.takeOldestDone() else { return ring.helpOrWait() }
        defer { ring.free() }
        let bytes = try unsafe member.compressed()
        unsafe hasher?.update(bytes)
        blobByteCount += Int64(bytes.count)
        try unsafe output(bytes)
    }

    private func stop() {
        ring.stop()
        for thread in threads { thread.join() }
        threads = []
    }
}
