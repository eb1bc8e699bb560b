// Exchanges with peers: a hash, then versions where it differs, then what is missing.
import Membership

extension Holdings {
    private var ownKnown: KnownVersion {
        KnownVersion(owner: name.stableHash, epoch: epoch, version: batched)
    }

    mutating func exchange() {
        exchangeAt = now + AvailabilityLimits.exchangeInterval
        sign()
        askOwners()
        guard !sets.isEmpty else { return }
        effects.append(.send(.hash(hash), to: sets[choices.below(sets.count)].peer.name))
    }

    /// What is new of this node's own, for others to pass on.
    private mutating func sign() {
        if own.life != life {
            life = own.life
            beginEpoch(after: epoch)
        }
        while let changes = own.changes(since: batched, max: AvailabilityLimits.batchNamesMax) {
            let batch = Batch(
                name, epoch: epoch, from: changes.from, to: changes.to, added: changes.added,
                removed: changes.removed, signer: signer)
            if changes.from == 0 { ownChain = BatchChain() }
            ownChain.append(batch)
            batched = changes.to
        }
    }

    /// What others know of this node's set is void: they take it anew.
    mutating func beginEpoch(after last: UInt64) {
        epoch = last < .max ? last + 1 : last
        batched = 0
        ownChain = BatchChain()
    }

    /// Of all versions that are known, whatever their order.
    private var hash: UInt64 {
        sets.reduce(Self.hash(ownKnown)) { $0 ^ Self.hash($1.known) }
    }

    private static func hash(_ known: KnownVersion) -> UInt64 {
        guard known.version > 0 else { return 0 }
        return Mixing.spread(known.owner ^ Mixing.spread(known.epoch ^ Mixing.spread(known.version &+ Mixing.step)))
    }

    mutating func receive(_ bytes: [UInt8], from peer: NodeName) {
        guard slots[peer] != nil else { return }
        do throws(Unreadable) {
            switch try AvailabilityPacket(bytes) {
            case .hash(let theirs): if theirs != hash { sendSummary(to: peer) }
            case .summary(let known, let wantsAnswer): take(known, wantsAnswer: wantsAnswer, from: peer)
            case .batches(let batches): for batch in batches { take(batch, from: peer) }
            case .since(let epoch, let version): answer(epoch, version, to: peer)
            }
        } catch {
            counts.unreadablePackets += 1
            effects.append(.warn(peer, "sent what is no packet: \(error)"))
        }
    }

    /// In a mesh of more nodes than fit: half of it those that changed last, the rest at random.
    private mutating func sendSummary(to peer: NodeName) {
        var chosen = sets.map(\.known)
        let room = AvailabilityLimits.summaryMax - 1
        if chosen.count > room {
            let recent = sets.sorted { $0.changedAt > $1.changedAt }.prefix(room / 2).map(\.known)
            let start = choices.below(sets.count)
            let rest = (0..<(room - recent.count)).map { sets[(start + $0) % sets.count].known }
            chosen = recent + rest
        }
        effects.append(.send(.summary([ownKnown] + chosen, wantsAnswer: true), to: peer))
    }

    /// Sends what the other lacks, and says where it knows more.
    private mutating func take(_ known: [KnownVersion], wantsAnswer: Bool, from peer: NodeName) {
        var batches: [Batch] = []
        var room = AvailabilityLimits.packetBatchBytesMax
        var behind: [KnownVersion] = []
        for theirs in known {
            guard let mine = version(of: theirs.owner) else { continue }
            if theirs.isBehind(mine.known) {
                let start = theirs.epoch == mine.known.epoch ? theirs.version : 0
                for batch in mine.chain.batches(after: start) {
                    room -= batch.signed.encodedCount
                    guard room >= 0, batches.count < AvailabilityLimits.packetBatchesMax else { break }
                    batches.append(batch)
                }
            } else if mine.known.isBehind(theirs), !isMuted(theirs.owner) {
                behind.append(mine.known)
            }
        }
        if !batches.isEmpty { effects.append(.send(.batches(batches), to: peer)) }
        guard !behind.isEmpty else { return }
        if wantsAnswer { effects.append(.send(.summary(behind, wantsAnswer: false), to: peer)) }
        for mine in behind { noteBehind(mine.owner) }
    }

    private func version(of owner: UInt64) -> (known: KnownVersion, chain: BatchChain)? {
        guard owner != name.stableHash else { return (ownKnown, ownChain) }
        return set(owner).map { (sets[$0].known, sets[$0].chain) }
    }

    private func set(_ owner: UInt64) -> Int? { owners[owner].flatMap { slots[$0] } }

    private func isMuted(_ owner: UInt64) -> Bool {
        guard let slot = set(owner), let until = sets[slot].mutedUntil else { return false }
        return now < until
    }

    /// If no batches fill the gap soon, the owner is asked.
    private mutating func noteBehind(_ owner: UInt64) {
        guard let slot = set(owner) else { return }
        sets[slot].isBehind = true
    }

    private mutating func askOwners() {
        questions = 0
        for slot in sets.indices {
            if let until = sets[slot].askedUntil, now < until { questions += 1 } else { sets[slot].askedUntil = nil }
        }
        guard !sets.isEmpty else { return }
        let start = choices.below(sets.count)
        for place in sets.indices where questions < AvailabilityLimits.questionsMax {
            let slot = (start + place) % sets.count
            if sets[slot].isBehind, sets[slot].askedUntil == nil { ask(slot) }
        }
    }

    private mutating func ask(_ slot: Int) {
        questions += 1
        sets[slot].isBehind = false
        sets[slot].askedUntil = now + AvailabilityLimits.questionTimeout
        effects.append(
            .send(.since(epoch: sets[slot].epoch, version: sets[slot].version), to: sets[slot].peer.name))
    }

    /// A page of this node's own set.
    private mutating func answer(_ theirEpoch: UInt64, _ version: UInt64, to peer: NodeName) {
        sign()
        let start = theirEpoch == epoch ? version : 0
        guard let page = own.changes(since: start, max: AvailabilityLimits.batchNamesMax) else { return }
        let batch = Batch(
            name, epoch: epoch, from: page.from, to: page.to, added: page.added, removed: page.removed,
            signer: signer)
        effects.append(.send(.batches([batch]), to: peer))
        // The next page is asked for when this one was taken.
        if page.to < batched { effects.append(.send(.summary([ownKnown], wantsAnswer: false), to: peer)) }
    }
}
