// What one listener or connection bears: how many, how much, how long.
package import HTTP2

package struct LinkLimits: Sendable {
    package var http2 = HTTP2Limits()
    /// Connections at once, in all and from one address.
    package var connectionsMax = 2000
    package var connectionsPerAddressMax = 500
    /// Bytes of one request's body.
    package var requestBodyBytesMax = Int64.max
    /// From accept to the end of the TLS handshake.
    package var handshakeTimeMax = Duration.seconds(10)
    /// From the first byte of a head to its last.
    package var headTimeMax = Duration.seconds(10)
    /// Without an exchange.
    package var idleTimeMax = Duration.seconds(300)
    /// Bytes a second of a request's body that is waited for, over `bodyRateWindow`; 0: any.
    package var bodyBytesPerSecondMin = 0
    package var bodyRateWindow = Duration.seconds(10)
    /// While bytes wait and the peer takes none.
    package var sendStallTimeMax = Duration.seconds(60)
    /// Without any sign of life; the peer is asked for one after a third of it. Nil: not asked.
    package var silenceTimeMax: Duration? = .seconds(15)
    /// Bytes of a request's body that are thrown away after its response so that the connection can go on.
    package var discardedBytesMax = 1 << 20

    package init() {}

    /// Between nodes, who know each other: streams stay open for days, silence is found out.
    package static var peers: LinkLimits { LinkLimits() }

    /// For strangers: less of everything, and nobody may be slow.
    package static var registry: LinkLimits {
        var limits = LinkLimits()
        limits.http2 = .strangers
        limits.connectionsPerAddressMax = 100
        limits.idleTimeMax = .seconds(60)
        limits.bodyBytesPerSecondMin = 1024
        limits.silenceTimeMax = nil
        return limits
    }

    /// A client keeps its connections open.
    var isIdleClosed = true

    /// How often deadlines are looked at: several times within the shortest.
    var tick: Duration {
        let shortest = [handshakeTimeMax, headTimeMax, idleTimeMax, bodyRateWindow, sendStallTimeMax]
            .reduce(silenceTimeMax ?? idleTimeMax, min)
        return min(max(shortest / 4, .milliseconds(5)), .seconds(1))
    }
}
