// The gzip members in flight, and who does what to which of them: a bounded queue between threads.
import Digests
import Threads

// Safety: each member is filled by the caller's thread, then read by the threads that claimed it, then written by the
// caller's; the lock hands it on. The hash is touched by the one thread that set `isHashing`.

/// Members in a circle. Counters only grow: written <= hashed <= submitted <= written + count, and the same of `claimed`.
final class MemberRing: @unchecked Sendable {
    private let members: [GzipMember]
    private let signal = Signal()
    private(set) var submitted = 0
    /// Members whose content is in the hash, in order; one thread at a time adds the next.
    private var hashed = 0
    private var isHashing = false
    private var hasher: Digests.Hasher? = Digests.Hasher(.sha256)
    /// Members that some thread compresses or has compressed.
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
        return isOldestDone ? members[written % members.count] : nil
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
        if let work = claim() {
            signal.unlock()
            return run(work, with: callersCompressor)
        }
        // Nothing to claim and the oldest not done: a worker has it and will wake us.
        if !isOldestDone { signal.wait() }
        signal.unlock()
    }

    func work() {
        let compressor = MemberCompressor()
        while true {
            signal.lock()
            var work = claim()
            while work == nil, !isStopping {
                signal.wait()
                work = claim()
            }
            let isStopping = isStopping
            signal.unlock()
            guard let work, !isStopping else { return }
            run(work, with: compressor)
        }
    }

    /// The digest of all members' content. Call when everything is written, once.
    func finishHash() -> BlobDigest {
        guard let hasher = hasher.take() else { preconditionFailure("a stream is finished once") }
        return BlobDigest(finishing: hasher)
    }

    func stop() {
        signal.lock()
        isStopping = true
        signal.unlockAndWake()
    }

    private enum Work {
        case hash(slot: Int), compress(slot: Int)
    }

    private var isOldestDone: Bool { hashed > written && done[written % members.count] }

    /// Hashing first: it has no second chance to run beside itself.
    private func claim() -> Work? {
        if !isHashing, hashed < submitted {
            isHashing = true
            return .hash(slot: hashed % members.count)
        }
        guard claimed < submitted else { return nil }
        defer { claimed += 1 }
        return .compress(slot: claimed % members.count)
    }

    private func run(_ work: Work, with compressor: MemberCompressor) {
        switch work {
        case .hash(let slot):
            unsafe hasher?.update(members[slot].content)
            signal.lock()
            hashed += 1
            isHashing = false
        case .compress(let slot):
            members[slot].compress(with: compressor)
            signal.lock()
            done[slot] = true
        }
        signal.unlockAndWake()
    }
}
