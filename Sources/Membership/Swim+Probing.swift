// Asks one member after the other whether it is there: directly, then through others.

extension Swim {
    struct Probe: Sendable {
        let target: NodeName
        let sequence: UInt32
        let sentAt: Moment
        let sentWallMilliseconds: Int64
        /// When others are asked; never once they were.
        var relayAt: Moment
        let endAt: Moment
        var relaysAsked = 0
        var nacks = 0
        var isAnswered = false

        var nextAt: Moment { isAnswered ? endAt : min(relayAt, endAt) }
    }

    /// Nanoseconds, longer while this node itself is slow.
    private func scaled(_ nanoseconds: Int64) -> Int64 { nanoseconds * Int64(1 + health) }

    mutating func settleProbe() {
        if let current = probe {
            if now >= current.endAt {
                if !current.isAnswered { fail(current) }
                probe = nil
            } else if now >= current.relayAt, !current.isAnswered {
                askRelays(current)
            }
        }
        if probe == nil, now >= probeAt { beginProbe() }
    }

    private mutating func beginProbe() {
        probeAt = now + scaled(timing.probeInterval)
        guard !own.hasLeft, let slot = nextTarget() else { return }
        sequence &+= 1
        probe = Probe(
            target: table.rows[slot].record.name, sequence: sequence, sentAt: now,
            sentWallMilliseconds: wallMilliseconds, relayAt: now + scaled(timing.probeTimeout), endAt: probeAt)
        send(.ping(sequence: sequence), to: slot)
    }

    /// Who is said to be dead comes first, then all in turns: each is probed once in a round, in random order.
    private mutating func nextTarget() -> Int? {
        while let accusation = urgent.popLast() {
            if let slot = table.slot(of: accusation.name), table.rows[slot].state.isPresent { return slot }
        }
        for round in 0..<2 {
            while orderPlace < order.count {
                let slot = Int(order[orderPlace])
                orderPlace += 1
                if table.rows[slot].state.isPresent { return slot }
            }
            if round == 0 { shuffleOrder() }
        }
        return nil
    }

    private mutating func shuffleOrder() {
        order = (1..<max(table.rows.count, 1)).compactMap { table.rows[$0].state.isPresent ? Int32($0) : nil }
        orderPlace = 0
        for place in order.indices.reversed() { order.swapAt(place, choices.below(place + 1)) }
    }

    /// A new member comes at a random place of the rest of the round.
    mutating func insertInOrder(_ slot: Int) {
        order.append(Int32(slot))
        order.swapAt(order.count - 1, orderPlace + choices.below(order.count - orderPlace))
    }

    private mutating func askRelays(_ current: Probe) {
        probe?.relayAt = .never
        guard let target = table.slot(of: current.target) else { return }
        for slot in others(timing.relaysCount, except: target) {
            probe?.relaysAsked += 1
            send(.request(sequence: current.sequence, target: current.target), to: slot)
        }
    }

    private mutating func fail(_ failed: Probe) {
        counts.failedProbes += 1
        // Relays that answer that they got no answer either show that this node is well.
        let missing = failed.relaysAsked == 0 ? 1 : failed.relaysAsked - failed.nacks
        adjustHealth(by: max(missing, 0))
        guard let slot = table.slot(of: failed.target), table.rows[slot].state.isPresent else { return }
        accuse(slot, .silent)
    }

    mutating func adjustHealth(by change: Int) {
        guard timing.usesLifeguard else { return }
        health = min(max(health + change, 0), Timing.healthMax - 1)
    }

    /// `peer` answered, for itself or for the target.
    mutating func noteAck(_ sequence: UInt32, wallMilliseconds wall: Int64, from peer: NodeName) {
        if forwardAck(sequence, wallMilliseconds: wall, from: peer) { return }
        guard let current = probe, current.sequence == sequence else { return }
        if !current.isAnswered { adjustHealth(by: -1) }
        probe?.isAnswered = true
        guard peer == current.target, let slot = table.slot(of: peer) else { return }
        let nanoseconds = now.since(current.sentAt)
        table.noteRoundTrip(slot, microseconds: UInt32(clamping: nanoseconds / 1000))
        noteClock(current, wall, nanoseconds, table.rows[slot].record.nameHash)
    }

    mutating func noteNack(_ sequence: UInt32) {
        if probe?.sequence == sequence { probe?.nacks += 1 }
    }

    private mutating func noteClock(_ probe: Probe, _ wall: Int64, _ nanoseconds: Int64, _ peer: UInt64) {
        let expected = probe.sentWallMilliseconds.addingReportingOverflow(nanoseconds / 2_000_000).partialValue
        let (offset, overflow) = expected.subtractingReportingOverflow(wall)
        offsets.note(overflow ? .max : offset, peer: peer)
        guard let changed = offsets.change() else { return }
        let text =
            offsets.isWrong
            ? "this clock is \(changed) ms off the median of its peers" : "this clock agrees with its peers again"
        warn(.clock, own.name, text)
    }
}
