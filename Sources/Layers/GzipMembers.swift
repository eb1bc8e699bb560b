// Compresses a stream as gzip members of 1 MiB each, on several threads, to the same bytes on any number of them.
package import Digests
import Glibc
import Threads

// Safety: the ring's members are each touched by one thread at a time, handed over under its lock; all threads are
// joined before the ring goes away.

/// One thread, the caller's, gives bytes and takes the result, and helps to compress while it would have to wait.
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
    private var byteCount: Int64 = 0

    /// The compressed bytes go to `output` in order, on the thread that calls `append` and `finish`.
    package init(cores: Int, output: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        self.cores = max(1, cores)
        unsafe self.output = output
        ring = MemberRing(count: Self.membersMax(cores: cores))
    }

    deinit { stop() }

    package func append(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = unsafe bytes
        while unsafe !rest.isEmpty {
            let taken = unsafe ring.filling.fill(rest)
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
            if ring.filling.isFull { try submit() }
        }
    }

    /// Digest and count of all compressed bytes. Call once.
    package func finish() throws -> (blob: BlobDigest, byteCount: Int64) {
        if !ring.filling.isEmpty || ring.submitted == 0 { ring.submit() }
        while ring.hasUnwritten { try advance() }
        stop()
        guard let hasher = hasher.take() else { preconditionFailure("a stream is finished once") }
        return (BlobDigest(finishing: hasher), byteCount)
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
        byteCount += Int64(bytes.count)
        try unsafe output(bytes)
    }

    private func stop() {
        ring.stop()
        for thread in threads { thread.join() }
        threads = []
    }
}

/// Members in a circle. Counters only grow: written <= claimed <= submitted <= written + count.
private final class MemberRing: @unchecked Sendable {
    private let members: [GzipMember]
    private let signal = Signal()
    private(set) var submitted = 0
    private var claimed = 0
    private var written = 0
    private var done: [Bool]
    private var isStopping = false
    private let callersCompressor = MemberCompressor()

    init(count: Int) {
        members = (0..<count).map { _ in GzipMember() }
        done = [Bool](repeating: false, count: count)
    }

    /// The member that the caller fills; only valid while `canFill`.
    var filling: GzipMember { members[submitted % members.count] }
    var canFill: Bool { submitted - written < members.count }
    var hasUnwritten: Bool { written < submitted }

    func submit() {
        signal.lock()
        submitted += 1
        signal.unlockAndWake()
    }

    func takeOldestDone() -> GzipMember? {
        signal.lock()
        defer { signal.unlock() }
        let slot = written % members.count
        return done[slot] ? members[slot] : nil
    }

    func free() {
        let slot = written % members.count
        members[slot].clear()
        signal.lock()
        done[slot] = false
        signal.unlock()
        written += 1
    }

    func helpOrWait() {
        signal.lock()
        if let slot = claim() {
            signal.unlock()
            finish(slot, with: callersCompressor)
            return
        }
        // Nothing to claim and the oldest not done: a worker has it and will wake us.
        if !done[written % members.count] { signal.wait() }
        signal.unlock()
    }

    func work() {
        let compressor = MemberCompressor()
        while true {
            signal.lock()
            while claimed == submitted, !isStopping { signal.wait() }
            let slot = isStopping ? nil : claim()
            signal.unlock()
            guard let slot else { return }
            finish(slot, with: compressor)
        }
    }

    func stop() {
        signal.lock()
        isStopping = true
        signal.unlockAndWake()
    }

    private func claim() -> Int? {
        guard claimed < submitted else { return nil }
        defer { claimed += 1 }
        return claimed % members.count
    }

    private func finish(_ slot: Int, with compressor: MemberCompressor) {
        members[slot].compress(with: compressor)
        signal.lock()
        done[slot] = true
        signal.unlockAndWake()
    }
}
