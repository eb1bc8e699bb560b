// A link between its byte machines: what the TLS side brings, deadlines, and the end.
import HTTP2
import HTTPMessages
import NIOCore

/// When something last happened on a link.
struct LinkClock {
    /// A body moved, or the socket took something.
    var movedAt = NIODeadline.now()
    var pingedAt: NIODeadline?
    var rateCheckedAt = NIODeadline.now()
    var headSince: NIODeadline?
}

/// What came of a body since the rate was last looked at.
struct BodyRate {
    private var seen: Int64 = 0

    /// False when fewer than `least` bytes came.
    mutating func isEnough(_ bytes: Int64, least: Int64) -> Bool {
        defer { seen = bytes }
        return bytes - seen >= least
    }
}

extension HTTP2Link: PlaintextOwner {
    func receive(_ plaintext: RawSpan) {
        guard failure == nil, !isOver else { return }
        do throws(HTTP2Failure) {
            try session.receive(plaintext, at: .nanoseconds(Int64(NIODeadline.now().uptimeNanoseconds)))
        } catch {
            failure = error
        }
    }

    func readCycleEnded() {
        clock.pingedAt = nil
        guard let failure else { return settle() }
        breakOff(failure)
    }

    func writabilityChanged() { settle() }

    /// Tells the peer why, as far as that still goes.
    private func breakOff(_ failure: HTTP2Failure) {
        if case .limit(let name) = failure {
            owner?.brokeOff(name)
            session.terminate(.enhanceYourCalm)
        } else {
            session.terminate(.protocolError)
        }
        _ = try? session.pump(atMost: limits.http2.sentFrameBytesMax)
        shell.flushOutgoing()
        shell.breakOff(.lost("\(failure)"))
    }

    func connectionEnded(_ failure: TransportFailure) {
        guard !isOver else { return }
        isOver = true
        let unread = mailbox.close()
        let open = streams
        streams = [:]
        for stream in open.values { end(stream, failure) }
        for mail in unread {
            if case .begin(let exchange) = mail { exchange.fail(.refused) }
            if case .respond(_, _, .body(let body, _)) = mail { body.abandon() }
        }
        owner?.linkEnded(failure)
        owner = nil
    }
}

extension HTTP2Link: Watched {
    func overdue(at now: NIODeadline) -> String? {
        if session.isInsideHead {
            clock.headSince = clock.headSince ?? now
            if let since = clock.headSince, now - since > TimeAmount(limits.headTimeMax) { return "headTimeMax" }
        } else {
            clock.headSince = nil
        }
        endDiscardedStreams(at: now)
        return idle(at: now) ?? silent(at: now) ?? stalled(at: now) ?? slow(at: now)
    }

    private func idle(at now: NIODeadline) -> String? {
        guard streams.isEmpty, limits.isIdleClosed, now - clock.movedAt > TimeAmount(limits.idleTimeMax) else {
            return nil
        }
        session.terminate(.noError)
        settle()
        return ""
    }

    private func silent(at now: NIODeadline) -> String? {
        guard let silenceMax = limits.silenceTimeMax else { return nil }
        let heardAt = NIODeadline.uptimeNanoseconds(UInt64(max(0, session.heardAt / .nanoseconds(1))))
        let silence = now - heardAt
        if silence > TimeAmount(silenceMax), clock.pingedAt != nil { return "silenceTimeMax" }
        if silence > TimeAmount(silenceMax / 3), clock.pingedAt == nil {
            clock.pingedAt = now
            session.ping()
            settle()
        }
        return nil
    }

    private func stalled(at now: NIODeadline) -> String? {
        let isWaiting = !shell.isWritable || streams.keys.contains { session.waitingBytes(of: $0) > 0 }
        guard isWaiting else {
            if streams.isEmpty == false { clock.movedAt = now }
            return nil
        }
        return now - clock.movedAt > TimeAmount(limits.sendStallTimeMax) ? "sendStallTimeMax" : nil
    }

    /// Only bodies that are waited for: who reads slowly can't blame the sender.
    private func slow(at now: NIODeadline) -> String? {
        guard limits.bodyBytesPerSecondMin > 0,
            now - clock.rateCheckedAt > TimeAmount(limits.bodyRateWindow)
        else { return nil }
        clock.rateCheckedAt = now
        let least = Int64(Double(limits.bodyBytesPerSecondMin) * (limits.bodyRateWindow / .seconds(1)))
        let slow = streams.values.filter { stream in
            guard stream.isInboundOpen, stream.exchange == nil else { return false }
            let wasSeen = stream.isRateSeen
            stream.isRateSeen = true
            let isEnough = stream.rate.isEnough(stream.bytesIn, least: least)
            return wasSeen && !isEnough && (stream.inbound?.isDrained ?? false)
        }
        for stream in slow {
            owner?.brokeOff("bodyBytesPerSecondMin")
            session.reset(stream.id, .enhanceYourCalm)
        }
        if !slow.isEmpty { settle() }
        return nil
    }

    private func endDiscardedStreams(at now: NIODeadline) {
        let late = streams.values.filter { stream in
            stream.discardedSince.map { now - $0 > Self.discardTimeMax } ?? false
        }
        for stream in late { session.reset(stream.id, .cancel) }
        if !late.isEmpty { settle() }
    }
}
