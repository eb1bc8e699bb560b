// Beliefs about other nodes: taken from their signed batches, dropped with them, for room, or after a lie.
import Membership

extension Holdings {
    mutating func setMembers(_ peers: [Peer]) {
        let known = Dictionary(sets.map { ($0.peer.name, $0) }) { first, _ in first }
        sets = peers.filter { $0.name != name }.sorted { $0.name < $1.name }.map { peer in
            guard var set = known[peer.name] else { return HeldSet(peer, at: now) }
            set.peer = peer
            return set
        }
        slots = Dictionary(sets.indices.map { (sets[$0].peer.name, $0) }) { first, _ in first }
        owners = Dictionary(sets.map { ($0.peer.name.stableHash, $0.peer.name) }) { first, _ in first }
        beliefs = sets.reduce(0) { $0 + $1.names.count }
    }

    mutating func take(_ batch: Batch, from peer: NodeName) {
        guard batch.owner != name else { return takeOwn(batch, from: peer) }
        guard let slot = slots[batch.owner] else { return }
        if let until = sets[slot].mutedUntil, now < until { return }
        guard sets[slot].fits(batch) else {
            if sets[slot].known.isBehind(KnownVersion(owner: 0, epoch: batch.epoch, version: batch.to)) {
                sets[slot].isBehind = true
            }
            return
        }
        guard batch.isGenuine(signer, key: sets[slot].peer.key) else { return noteWrongSignature(batch, from: peer) }
        beliefs -= sets[slot].names.count
        sets[slot].apply(batch, at: now)
        sets[slot].mutedUntil = nil
        beliefs += sets[slot].names.count
        if sets[slot].askedUntil != nil, peer == batch.owner { sets[slot].askedUntil = nil }
        makeRoom(keeping: slot)
    }

    private mutating func noteWrongSignature(_ batch: Batch, from peer: NodeName) {
        counts.wrongSignatures += 1
        effects.append(.warn(peer, "sent a batch with a wrong signature of \(batch.owner)"))
    }

    /// A batch of an earlier life that counts more than this one: begin beyond it.
    private mutating func takeOwn(_ batch: Batch, from peer: NodeName) {
        let isLater = batch.epoch > epoch || batch.epoch == epoch && batch.to > own.version
        guard isLater, batch.epoch < .max else { return }
        guard batch.isGenuine(signer, key: key) else { return noteWrongSignature(batch, from: peer) }
        beginEpoch(after: batch.epoch)
    }

    /// Drops whole sets, the one that changed longest ago first.
    private mutating func makeRoom(keeping kept: Int) {
        while beliefs > beliefsLimit {
            let others = sets.indices.filter { $0 != kept && !sets[$0].names.isEmpty }
            guard let oldest = others.min(by: { sets[$0].changedAt < sets[$1].changedAt }) else { return }
            beliefs -= sets[oldest].names.count
            counts.droppedSets += 1
            sets[oldest].forget(until: now + AvailabilityLimits.mutedTime)
        }
    }

    mutating func noteLie(_ node: NodeName, _ name: HeldName) {
        // Whoever never said so, or does no longer, did not lie.
        guard let slot = slots[node], sets[slot].names.contains(name.fingerprint) else { return }
        counts.lies += 1
        let before = sets[slot].names.count
        if sets[slot].noteLie(name.fingerprint) { effects.append(.liar(node)) }
        beliefs -= before - sets[slot].names.count
    }
}
