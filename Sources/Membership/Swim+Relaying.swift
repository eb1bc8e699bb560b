// Probes for another member: who asks gets the answer, or hears that there was none.

extension Swim {
    struct Relay: Sendable {
        /// Of the ping that was sent for the other.
        let sequence: UInt32
        let target: NodeName
        let requester: NodeName
        let requesterSequence: UInt32
        /// When the requester hears that there was no answer, and then when this is forgotten.
        var at: Moment
        var saidNo = false
    }

    mutating func relay(_ requesterSequence: UInt32, _ target: NodeName, for requester: NodeName) {
        guard relays.count < Timing.relaysMax, let slot = table.slot(of: target), slot != 0 else { return }
        sequence &+= 1
        relays.append(
            Relay(
                sequence: sequence, target: target, requester: requester, requesterSequence: requesterSequence,
                // Four fifths, so that the "no" is there before the requester gives up.
                at: now + timing.probeTimeout / 5 * 4))
        send(.ping(sequence: sequence), to: slot)
    }

    /// Whether the answer was to a ping for another.
    mutating func forwardAck(_ sequence: UInt32, wallMilliseconds: Int64, from peer: NodeName) -> Bool {
        guard let place = relays.firstIndex(where: { $0.sequence == sequence && $0.target == peer }) else {
            return false
        }
        let relay = relays.remove(at: place)
        answer(relay, .ack(sequence: relay.requesterSequence, wallMilliseconds: wallMilliseconds))
        return true
    }

    mutating func settleRelays() {
        for place in relays.indices.reversed() where now >= relays[place].at {
            let relay = relays[place]
            if relay.saidNo {
                relays.remove(at: place)
            } else {
                relays[place].saidNo = true
                relays[place].at = now + timing.probeTimeout
                if timing.usesLifeguard { answer(relay, .nack(sequence: relay.requesterSequence)) }
            }
        }
    }

    private mutating func answer(_ relay: Relay, _ body: Packet.Body) {
        guard let slot = table.slot(of: relay.requester) else { return }
        send(body, to: slot)
    }
}
