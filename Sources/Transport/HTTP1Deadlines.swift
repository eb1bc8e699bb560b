// When an HTTP/1.1 connection has taken too long over a head, a body, a response or nothing at all.
import HTTPMessages
import NIOCore

extension HTTP1Handler: Watched {
    func overdue(at now: NIODeadline) -> String? {
        guard let exchange else { return overdueBetweenExchanges(at: now) }
        if exchange.isSent { return now - clock.movedAt > TimeAmount(limits.headTimeMax) ? "" : nil }
        if exchange.outbound != nil, !isSocketWritable {
            return now - clock.movedAt > TimeAmount(limits.sendStallTimeMax) ? "sendStallTimeMax" : nil
        }
        return isBodySlow(exchange, at: now) ? "bodyBytesPerSecondMin" : nil
    }

    private func overdueBetweenExchanges(at now: NIODeadline) -> String? {
        guard watch.bytesIn > bytesBeforeHead else {
            clock.headSince = nil
            return now - clock.movedAt > TimeAmount(limits.idleTimeMax) ? "" : nil
        }
        let since = clock.headSince ?? now
        clock.headSince = since
        return now - since > TimeAmount(limits.headTimeMax) ? "headTimeMax" : nil
    }

    /// Only a body that is waited for: who reads slowly can't blame the sender.
    private func isBodySlow(_ exchange: Exchange, at now: NIODeadline) -> Bool {
        guard limits.bodyBytesPerSecondMin > 0, exchange.isInboundOpen, let body = exchange.inbound,
            now - clock.rateCheckedAt > TimeAmount(limits.bodyRateWindow)
        else { return false }
        clock.rateCheckedAt = now
        let least = Int64(Double(limits.bodyBytesPerSecondMin) * (limits.bodyRateWindow / .seconds(1)))
        return !exchange.rate.isEnough(exchange.bytesIn, least: least) && body.isDrained
    }
}
