// Suspicion: who does not answer has some time to refute, less when several say the same.

extension Swim {
    struct Suspicion: Sendable {
        let record: MemberRecord
        let startedAt: Moment
        /// Who says so, `Timing.confirmationsMax` + 1 at most.
        var accusers: [NodeName]
        var endAt: Moment
        /// It was asked for the last time: its refutation may have missed this node.
        var isAsked = false

        func nextAt(_ timeout: Int64) -> Moment { isAsked ? endAt : endAt + -timeout }
    }

    /// This node's own word against a member that is present.
    mutating func accuse(_ slot: Int, _ charge: Accusation.Charge) {
        let accusation = Accusation(charge, of: table.rows[slot].record, by: own.name, signer: signer)
        apply(accusation, slot)
        // To its face: a member that lives answers at once, whatever the others have heard.
        if timing.usesLifeguard { send(.gossip, to: slot) }
    }

    /// `isCompared`: it comes from another's table, not as news.
    mutating func hear(_ accusation: Accusation, from peer: NodeName, isCompared: Bool) {
        guard accusation.name != own.name else { return hearOfMyself(accusation, from: peer) }
        guard let slot = table.slot(of: accusation.name) else { return }
        let row = table.rows[slot]
        guard accusation.incarnation == row.record.incarnation, row.state.isPresent else { return }
        let isKnown = row.state == .suspect && accusation.charge == .silent && isCounted(accusation, row.record)
        guard !isKnown, isGenuine(accusation, from: peer) else { return }
        if isCompared, accusation.charge == .gone {
            // Dead to those of another partition, maybe: ask it before believing that.
            if urgent.count < Timing.urgentMax { urgent.append(accusation) }
        } else {
            apply(accusation, slot)
        }
    }

    /// The accused says that it lives.
    private mutating func hearOfMyself(_ accusation: Accusation, from peer: NodeName) {
        guard accusation.incarnation == own.incarnation, !own.hasLeft else {
            return answerOldAccusation(accusation, from: peer)
        }
        // A peer that quotes an accuser whom this node never met is believed that far: it could accuse by itself.
        let isQuoted = table.slot(of: accusation.accuser) == nil && table.slot(of: peer) != nil
        guard isQuoted || isGenuine(accusation, from: peer) else { return }
        counts.refutations += 1
        adjustHealth(by: 1)
        renew(own.card)
    }

    /// The peer missed the record that refuted this.
    private mutating func answerOldAccusation(_ accusation: Accusation, from peer: NodeName) {
        guard accusation.incarnation < own.incarnation, let slot = table.slot(of: peer), slot != 0 else { return }
        let row = table.rows[slot].record
        let packet = Packet(.gossip, news: [.record(own)])
        effects.append(.send(packet, to: .member(row.name, address: row.card.peerAddress)))
    }

    private mutating func isGenuine(_ accusation: Accusation, from peer: NodeName) -> Bool {
        guard let accuser = table.slot(of: accusation.accuser) else {
            counts.unknownAccusers += 1
            return false
        }
        if accusation.isGenuine(signer, key: table.rows[accuser].record.card.key) { return true }
        noteWrongSignature(accusation.accuser, from: peer)
        return false
    }

    mutating func noteWrongSignature(_ author: NodeName, from peer: NodeName) {
        counts.wrongSignatures += 1
        warn(.wrongSignature, peer, "sent a record with a wrong signature of \(author)")
    }

    private func isCounted(_ accusation: Accusation, _ record: MemberRecord) -> Bool {
        guard let place = place(of: record) else { return true }
        let accusers = suspicions[place].accusers
        return accusers.count > Timing.confirmationsMax || accusers.contains(accusation.accuser)
    }

    private func place(of record: MemberRecord) -> Int? { suspicions.firstIndex { $0.record === record } }

    /// The accusation is genuine and of the record that is known; the member is present.
    private mutating func apply(_ accusation: Accusation, _ slot: Int) {
        switch accusation.charge {
        case .silent: suspect(accusation, slot)
        case .gone:
            forgetSuspicion(of: table.rows[slot].record)
            mark(slot, .dead, accusation)
            news.add(.accusation(accusation))
        }
    }

    private mutating func suspect(_ accusation: Accusation, _ slot: Int) {
        let record = table.rows[slot].record
        if let place = place(of: record) {
            guard !isCounted(accusation, record) else { return }
            suspicions[place].accusers.append(accusation.accuser)
        } else {
            suspicions.append(
                Suspicion(record: record, startedAt: now, accusers: [accusation.accuser], endAt: .never))
            mark(slot, .suspect, accusation)
            helpConfirm(accusation)
        }
        setEnd(place(of: record))
        news.add(.accusation(accusation))
    }

    /// Some who hear of a suspicion ask the suspect next: it refutes, or their word shortens its time. Without this,
    /// confirmations come as slowly as the rounds of probing happen to reach it.
    private mutating func helpConfirm(_ accusation: Accusation) {
        guard timing.usesLifeguard, accusation.accuser != own.name, urgent.count < Timing.urgentMax else { return }
        if choices.below(members) < 2 * Timing.confirmationsMax { urgent.append(accusation) }
    }

    private mutating func setEnd(_ place: Int?) {
        guard let place, !suspicions[place].isAsked else { return }
        let time = timing.suspicionTime(
            members: members, confirmations: suspicions[place].accusers.count - 1)
        suspicions[place].endAt = suspicions[place].startedAt + time
        suspicionAt = min(suspicionAt, suspicions[place].nextAt(lastWait))
    }

    mutating func forgetSuspicion(of record: MemberRecord) {
        guard let place = place(of: record) else { return }
        suspicions.remove(at: place)
    }

    mutating func settleSuspicions() {
        guard now >= suspicionAt else { return }
        askForTheLastTime()
        let over = suspicions.filter { now >= $0.endAt }
        for suspicion in over {
            guard let slot = table.slot(of: suspicion.record), table.rows[slot].record === suspicion.record else {
                continue
            }
            accuse(slot, .gone)
        }
        suspicionAt = suspicions.reduce(.never) { min($0, $1.nextAt(lastWait)) }
    }

    private var lastWait: Int64 { timing.usesLifeguard ? timing.probeTimeout : 0 }

    private mutating func askForTheLastTime() {
        guard timing.usesLifeguard else { return }
        for place in suspicions.indices where !suspicions[place].isAsked && now >= suspicions[place].nextAt(lastWait) {
            suspicions[place].isAsked = true
            suspicions[place].endAt = max(suspicions[place].endAt, now + lastWait)
            if let slot = table.slot(of: suspicions[place].record) { send(.gossip, to: slot) }
        }
    }

    mutating func mark(_ slot: Int, _ state: State, _ accusation: Accusation?) {
        table.change(slot) { row in
            row.state = state
            row.accusation = accusation
            row.changedAt = now
        }
        effects.append(.changed(Row(table.rows[slot])))
    }

    /// A process that stood still missed answers that came: what was silent meanwhile proves nothing.
    mutating func notePause(until moment: Moment) {
        guard timing.usesLifeguard, let wakeWas, moment > wakeWas + timing.pauseMin else { return }
        let nanoseconds = moment.since(wakeWas)
        counts.standstills += 1
        warn(.standstill, own.name, "stood still for \(nanoseconds / 1_000_000) ms")
        adjustHealth(by: 1)
        for place in suspicions.indices { suspicions[place].endAt = suspicions[place].endAt + nanoseconds }
        suspicionAt = suspicionAt + nanoseconds
        probe = nil
        probeAt = moment + timing.probeInterval
        relays = []
    }
}
