// Decides who is alive: SWIM (Das, Gupta, Motivala 2002) with Lifeguard (Dadgar, Phillips, Currey 2018), as a value.

/// One node's view of the mesh. It is told events and answers with effects; the same events give the same effects.
///
/// A present member that no packet reaches is dead to all in some seconds; one that is reachable stays present, or
/// refutes. Nothing about a member changes without the signature of that member or of its accuser. Packets come from
/// links whose other end is known by its certificate.
package struct Swim: Sendable {
    let signer: any RecordSigner
    package let timing: Timing
    var choices: SeededChoices
    /// Slot 0 is this node.
    var table = MemberTable()
    var news = NewsQueue()
    var suspicions: [Suspicion] = []

    var probe: Probe?
    var relays: [Relay] = []
    var urgent: [Accusation] = []
    /// Slots in the order of probing; from `orderPlace` on not yet probed in this round.
    var order: [Int32] = []
    var orderPlace = 0
    var sequence: UInt32 = 0
    /// Local health of Lifeguard: 0 is best.
    var health = 0

    var seeds: [String] = []
    var sync: NodeName?
    var now: Moment
    var wallMilliseconds: Int64 = 0
    var probeAt: Moment
    var gossipAt: Moment
    var syncAt: Moment
    var retryAt: Moment
    var suspicionAt = Moment.never
    /// What the last step asked for.
    var wakeWas: Moment?

    var offsets = ClockOffsets()
    package internal(set) var counts = Counts()
    var effects: [Effect] = []
    var warned: Set<Warning.Kind> = []

    /// `incarnation` is better greater than any that this node ever had (Unix milliseconds do); if it is not, the node
    /// finds out from its peers. `seed` differs from node to node. `known` are records of an earlier run of this node:
    /// they were checked then, and are not again.
    package init(
        name: NodeName, card: MemberCard, incarnation: UInt64, signer: any RecordSigner, timing: Timing = Timing(),
        known: [MemberRecord] = [], seed: UInt64, at reading: ClockReading
    ) {
        self.signer = signer
        self.timing = timing
        choices = SeededChoices(seed: seed)
        now = reading.moment
        wallMilliseconds = reading.wallMilliseconds
        // Nodes that start together don't probe together.
        probeAt = now + Int64(choices.below(Int(timing.probeInterval)))
        gossipAt = now + Int64(choices.below(Int(timing.gossipInterval)))
        syncAt = now + Int64(choices.below(Int(timing.syncInterval)))
        retryAt = now + Int64(choices.below(Int(timing.retryInterval)))
        let record = MemberRecord(name: name, incarnation: incarnation, card: card, signer: signer)
        table.add(MemberTable.Row(record: record, changedAt: now, state: .alive))
        news.add(.record(record))
        for other in known.prefix(Timing.membersMax - 1) where !other.hasLeft && table.slot(of: other) == nil {
            table.add(MemberTable.Row(record: other, changedAt: now, state: .alive))
        }
    }

    package mutating func step(_ event: Event, at reading: ClockReading) -> [Effect] {
        notePause(until: reading.moment)
        now = max(now, reading.moment)
        wallMilliseconds = reading.wallMilliseconds
        switch event {
        case .tick: tick()
        case .received(let bytes, let peer): receive(bytes, from: peer)
        case .delivered(let packet, let peer): receive(packet, from: peer)
        case .join(let addresses): join(addresses)
        case .changed(let card): if !own.hasLeft { renew(card) }
        case .leave: leave()
        }
        wakeWas = wakeAt
        var made: [Effect] = []
        swap(&made, &effects)
        return made
    }

    var own: MemberRecord { table.rows[0].record }

    /// Members that are there, this node included.
    var members: Int { table.presentCount }

    /// When to send the next `tick`: earlier is harmless, later counts as standing still.
    package var wakeAt: Moment {
        var earliest = min(probe?.nextAt ?? probeAt, suspicionAt, syncAt, retryAt)
        if !news.isEmpty { earliest = min(earliest, gossipAt) }
        for relay in relays { earliest = min(earliest, relay.at) }
        return earliest
    }

    private mutating func tick() {
        settleSuspicions()
        settleProbe()
        settleRelays()
        if now >= gossipAt { gossip() }
        if now >= syncAt { beginSync() }
        if now >= retryAt { retry() }
    }
}
