// What this node believes of another: the names it holds, how far that is known, and how often it lied.
import Membership

struct HeldSet: Sendable {
    var peer: Holdings.Peer
    private let ownerHash: UInt64
    var epoch: UInt64 = 0
    /// 0: nothing is known.
    var version: UInt64 = 0
    /// Fingerprints.
    var names: Set<UInt64> = []
    var chain = BatchChain()
    var changedAt: Moment
    /// Somebody knows more.
    var isBehind = false
    /// Until when the answer to a question is waited for.
    var askedUntil: Moment?
    /// Dropped for room until then.
    var mutedUntil: Moment?
    private var lies = 0
    private var truths = 0

    init(_ peer: Holdings.Peer, at moment: Moment) {
        self.peer = peer
        ownerHash = peer.name.stableHash
        changedAt = moment
    }

    var isLiar: Bool { lies >= AvailabilityLimits.liesMax }

    var known: KnownVersion { KnownVersion(owner: ownerHash, epoch: epoch, version: version) }

    /// Whether it is a liar since this lie.
    mutating func noteLie(_ fingerprint: UInt64) -> Bool {
        names.remove(fingerprint)
        let was = isLiar
        lies = min(lies + 1, 2 * AvailabilityLimits.liesMax)
        return isLiar && !was
    }

    mutating func noteTruth() {
        truths += 1
        guard truths >= AvailabilityLimits.truthsPerLie else { return }
        truths = 0
        lies = max(lies - 1, 0)
    }

    /// Whether the batch says more than is known, and fits to it.
    func fits(_ batch: Batch) -> Bool {
        guard batch.epoch >= epoch else { return false }
        if batch.epoch > epoch { return batch.from == 0 }
        return batch.to > version && (batch.from <= version || batch.from == 0)
    }

    mutating func forget(until moment: Moment) {
        (names, chain, version, mutedUntil) = ([], BatchChain(), 0, moment)
    }

    /// `batch` fits and is genuine.
    mutating func apply(_ batch: Batch, at moment: Moment) {
        if batch.from == 0 {
            names = []
            chain = BatchChain()
        }
        names.subtract(batch.removed)
        let room = max(AvailabilityLimits.namesMax - names.count, 0)
        names.formUnion(batch.added.prefix(room))
        (epoch, version, changedAt) = (batch.epoch, batch.to, moment)
        isBehind = false
        chain.append(batch)
    }
}

/// The latest batches of a node, each going on where the one before it ended.
struct BatchChain: Sendable {
    private(set) var batches: [Batch] = []
    private var byteCount = 0

    mutating func append(_ batch: Batch) {
        batches.append(batch)
        byteCount += batch.signed.encodedCount
        while batches.count > AvailabilityLimits.chainMax || byteCount > AvailabilityLimits.chainBytesMax {
            byteCount -= batches.removeFirst().signed.encodedCount
        }
    }

    /// Those that lead on from `version`; none when there is a gap.
    func batches(after version: UInt64) -> ArraySlice<Batch> {
        guard let first = batches.firstIndex(where: { $0.to > version }), batches[first].from <= version else {
            return []
        }
        return batches[first...]
    }
}
