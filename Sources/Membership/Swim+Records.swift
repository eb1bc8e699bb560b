// Records: what members say of themselves, and what this node says of itself.

extension Swim {
    /// Whether anything is new. `isNews`: pass it on.
    mutating func hear(_ record: MemberRecord, from peer: NodeName, isNews: Bool) -> Bool {
        guard record.name != own.name else { return hearOfMyself(record, from: peer) }
        guard let slot = table.slot(of: record) else { return meet(record, from: peer, isNews: isNews) }
        guard record.incarnation > table.rows[slot].record.incarnation, isGenuine(record, from: peer) else {
            return false
        }
        forgetSuspicion(of: table.rows[slot].record)
        let wasPresent = table.rows[slot].state.isPresent
        table.change(slot) { row in
            row.record = record
            row.accusation = nil
            row.state = record.hasLeft ? .left : .alive
            row.changedAt = now
        }
        if !wasPresent, !record.hasLeft { insertInOrder(slot) }
        note(slot, isNews)
        return true
    }

    private mutating func meet(_ record: MemberRecord, from peer: NodeName, isNews: Bool) -> Bool {
        guard !record.hasLeft else { return false }
        guard table.rows.count < Timing.membersMax else {
            warn(.tooManyMembers, peer, "more than \(Timing.membersMax) members: \(record.name) is not taken in")
            return false
        }
        guard isGenuine(record, from: peer) else { return false }
        table.add(MemberTable.Row(record: record, changedAt: now, state: .alive))
        insertInOrder(table.rows.count - 1)
        note(table.rows.count - 1, isNews)
        return true
    }

    private mutating func note(_ slot: Int, _ isNews: Bool) {
        effects.append(.changed(Row(table.rows[slot])))
        if isNews { news.add(.record(table.rows[slot].record)) }
    }

    private mutating func isGenuine(_ record: MemberRecord, from peer: NodeName) -> Bool {
        if record.isGenuine(signer) { return true }
        noteWrongSignature(record.name, from: peer)
        return false
    }

    /// A record of an earlier life that counts more than this one: go beyond it.
    private mutating func hearOfMyself(_ record: MemberRecord, from peer: NodeName) -> Bool {
        let isOurs = record.signed.body == own.signed.body
        guard record.incarnation >= own.incarnation, !isOurs, isGenuine(record, from: peer) else { return false }
        counts.refutations += 1
        renew(own.card, beyond: record.incarnation, hasLeft: own.hasLeft)
        return true
    }

    /// Says anew what this node is.
    mutating func renew(_ card: MemberCard, beyond incarnation: UInt64 = 0, hasLeft: Bool = false) {
        let greatest = max(incarnation, own.incarnation)
        // The end of numbers: only a node that signed it itself can come there.
        guard greatest < .max, card.isSound else { return }
        let record = MemberRecord(
            name: own.name, incarnation: greatest + 1, card: card, hasLeft: hasLeft, signer: signer)
        table.change(0) { row in
            row.record = record
            row.state = hasLeft ? .left : .alive
        }
        news.add(.record(record))
        effects.append(.changed(Row(table.rows[0])))
    }

    mutating func leave() {
        guard !own.hasLeft else { return }
        renew(own.card, hasLeft: true)
        probe = nil
        gossip()
    }
}
