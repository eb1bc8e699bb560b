// What an HTTP/2 session tells: of streams, and of its own end.
package import HTTPTypes

package struct StreamID: Hashable, Sendable, CustomStringConvertible {
    package let number: Int32
    package var description: String { "stream \(number)" }
}

package enum HTTP2Event: Sendable {
    /// The peer's SETTINGS arrived: with TLS 1.3 only now does a client know that its certificate was accepted.
    case ready
    case request(StreamID, HTTPRequest, hasBody: Bool)
    case response(StreamID, HTTPResponse, hasBody: Bool)
    /// Credit it by `consumed` when the reader took it.
    case data(StreamID, [UInt8])
    /// The peer's body is whole; comes once after a head with `hasBody`.
    case end(StreamID)
    /// The stream could send more of its body than it has.
    case wantsMore(StreamID)
    /// Our side of the stream was sent, and the peer's is still open.
    case sent(StreamID)
    /// The stream's last event. Nil: both bodies went over whole.
    case closed(StreamID, StreamFailure?)
    /// The peer takes no more streams on this connection; those that it took go on.
    case goingAway(code: UInt32)
}

/// Why a stream ended before its end.
package enum StreamFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The peer did nothing for it: it can be tried again, here or elsewhere.
    case refused
    /// Error code of RFC 9113, section 7.
    case reset(code: UInt32)

    package var description: String {
        switch self {
        case .refused: "the peer refused the stream; it did nothing for it"
        case .reset(let code): "the stream was reset: \(HTTP2Code(rawValue: code).map { "\($0)" } ?? "code \(code)")"
        }
    }
}

/// Error codes of RFC 9113, section 7.
package enum HTTP2Code: UInt32, Sendable {
    case noError = 0
    case protocolError, internalError, flowControlError, settingsTimeout, streamClosed, frameSizeError
    case refusedStream, cancel, compressionError, connectError, enhanceYourCalm, inadequateSecurity
    case http11Required
}

/// Why a whole session ended.
package enum HTTP2Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The peer asked for more than `HTTP2Limits` allows; the name of the limit.
    case limit(String)
    /// In libnghttp2's words.
    case broken(String)
    /// No new stream can begin here: the peer said goodbye, or the session has ended.
    case closed

    package var description: String {
        switch self {
        case .limit(let name): "the peer exceeded \(name)"
        case .broken(let reason): "HTTP/2 failed: \(reason)"
        case .closed: "the connection takes no new requests"
        }
    }
}
