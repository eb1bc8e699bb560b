// Packets in and out, and the news that travels with them.

extension Swim {
    mutating func receive(_ bytes: [UInt8], from peer: NodeName) {
        do throws(Unreadable) {
            receive(try Packet(bytes), from: peer)
        } catch {
            counts.unreadablePackets += 1
            if case .otherVersion(let version) = error {
                warn(.otherVersion, peer, "speaks version \(version) of membership, this node \(Packet.version)")
            } else {
                warn(.unreadablePacket, peer, "sent what is no packet: \(error)")
            }
        }
    }

    mutating func receive(_ packet: Packet, from peer: NodeName) {
        guard peer != own.name else { return }
        if case .rows(let buckets, let wantsAnswer, let isPart) = packet.body {
            return takeRows(packet.news, buckets, wantsAnswer: wantsAnswer, isPart: isPart, from: peer)
        }
        for item in packet.news {
            switch item {
            case .record(let record): _ = hear(record, from: peer, isNews: true)
            case .accusation(let accusation): hear(accusation, from: peer, isCompared: false)
            }
        }
        guard let slot = table.slot(of: peer) else { return introduce(to: peer) }
        switch packet.body {
        case .ping(let sequence): send(.ack(sequence: sequence, wallMilliseconds: wallMilliseconds), to: slot)
        case .ack(let sequence, let wall): noteAck(sequence, wallMilliseconds: wall, from: peer)
        case .request(let sequence, let target): relay(sequence, target, for: peer)
        case .nack(let sequence): noteNack(sequence)
        case .hashes(let hashes): answer(hashes, to: slot)
        case .gossip, .rows: break
        }
    }

    /// Who is not known gets no answer before it said who it is.
    private mutating func introduce(to stranger: NodeName) {
        guard !own.hasLeft, table.rows.count < Timing.membersMax else { return }
        let packet = Packet(.hashes(table.bucketHashes), news: [.record(own)])
        effects.append(.send(packet, to: .stranger(stranger)))
    }

    /// With news, the charge against the receiver first, so that it can refute (Lifeguard's buddy system).
    mutating func send(_ body: Packet.Body, to slot: Int) {
        let row = table.rows[slot]
        var items: [News] = []
        if let accusation = row.accusation, timing.usesLifeguard || row.state == .dead {
            items.append(.accusation(accusation))
        }
        items += takeNews()
        let destination = Destination.member(row.record.name, address: row.record.card.peerAddress)
        effects.append(.send(Packet(body, news: items), to: destination))
    }

    private mutating func takeNews() -> [News] {
        guard !news.isEmpty else { return [] }
        let table = table
        return news.take(bytesMax: Timing.newsBytesMax, sendsMax: timing.newsSends(members: members)) { item in
            guard let slot = table.slot(of: item.name) else { return false }
            let row = table.rows[slot]
            switch item {
            case .record(let record): return row.record === record
            case .accusation(let accusation):
                guard accusation.incarnation == row.record.incarnation else { return false }
                return accusation.charge == .gone ? row.accusation === accusation : row.state == .suspect
            }
        }
    }

    mutating func gossip() {
        gossipAt = now + timing.gossipInterval
        guard !news.isEmpty else { return }
        for slot in others(timing.gossipFanout, except: 0) where !news.isEmpty { send(.gossip, to: slot) }
    }

    /// Up to `count` random present members, neither this node nor `except`.
    mutating func others(_ count: Int, except: Int) -> [Int] {
        var chosen: [Int] = []
        let wanted = min(count, table.presentCount - 1)
        // The dead are few among the rows, or the tries end and fewer are asked.
        for _ in 0..<(8 * count) where chosen.count < wanted {
            let slot = 1 + choices.below(table.rows.count - 1)
            guard slot != except, table.rows[slot].state.isPresent, !chosen.contains(slot) else { continue }
            chosen.append(slot)
        }
        return chosen
    }
}
