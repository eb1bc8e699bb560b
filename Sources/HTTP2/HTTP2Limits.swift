// What a peer may ask of one HTTP/2 connection. Each bound has a name, so that a refusal can say it.

package struct HTTP2Limits: Sendable {
    /// Streams that the peer may have open at once.
    package var streamsMax: UInt32 = 256
    /// Bytes of one head, decoded: names, values and 32 for each field (RFC 9113, section 6.5.2).
    package var headerBytesMax = 16 << 10
    package var headerCountMax = 100
    /// The same, from which on not only the request is refused (431) but the connection ends.
    package var headerBlockBytesMax = 64 << 10
    /// CONTINUATION frames of one head.
    package var continuationsMax = 8
    /// Bytes of one frame that we accept, and of one that we send where the peer accepts it.
    package var receivedFrameBytesMax: UInt32 = 1 << 20
    package var sentFrameBytesMax = 256 << 10
    /// Bytes that the peer may send before the reader took them: of one stream, and of all.
    package var streamWindowBytes: UInt32 = 4 << 20
    package var connectionWindowBytes: Int32 = 16 << 20
    /// Streams that end by an error of the peer's: so many at once, and so many a second (rapid reset).
    package var resetsMax = 200
    package var resetsPerSecond = 50
    /// PING, SETTINGS, PRIORITY and empty frames: so many at once, and so many a second.
    package var controlFramesMax = 1000
    package var controlFramesPerSecond = 200
    /// Acknowledgements (PING, SETTINGS) that wait to be sent to a peer that doesn't read.
    package var waitingAcknowledgementsMax = 500
    /// Bytes of a body that wait in a stream below which more is asked for.
    package var bodyLowMark = 128 << 10

    package init() {}

    /// For those who come without a certificate: a connection holds less.
    package static var strangers: HTTP2Limits {
        var limits = HTTP2Limits()
        limits.streamsMax = 100
        limits.streamWindowBytes = 1 << 20
        limits.connectionWindowBytes = 4 << 20
        return limits
    }
}

/// So many at once, and so many a second after.
struct TokenBucket {
    private let capacity: Double
    private let perSecond: Double
    private var level: Double
    private var filledAt: Duration?

    init(capacity: Int, perSecond: Int) {
        self.capacity = Double(capacity)
        self.perSecond = Double(perSecond)
        level = Double(capacity)
    }

    /// False when there is none left at `now`.
    mutating func take(at now: Duration) -> Bool {
        let seconds = (now - (filledAt ?? now)) / .seconds(1)
        level = min(capacity, level + max(0, seconds) * perSecond)
        filledAt = now
        guard level >= 1 else { return false }
        level -= 1
        return true
    }
}
