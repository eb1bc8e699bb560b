// One request and its response on an HTTP/1.1 connection, and what other threads tell of it.
import HTTPMessages
import HTTPTypes
import NIOCore
import NIOHTTP1

enum HTTP1Mail: Sendable {
    case respond(exchange: Int, HTTPResponse, OutgoingBody)
    case consumed(exchange: Int, Int)
    case moreToSend(exchange: Int)
    case drain
}

extension HTTP1Handler {
    /// Confined to the connection's event loop.
    final class Exchange {
        let number: Int
        let version: HTTPVersion
        var isKeptAlive: Bool
        /// Weak: a service that lets go of it has stopped reading.
        weak var inbound: Body?
        var isInboundOpen = true
        var bytesIn: Int64 = 0
        /// Bytes that the service has not taken.
        var unread = 0
        var outbound: OutboundBody?
        var isAnswered = false
        var isSent = false
        var discarded = 0
        let answering = Answering()
        /// The write of the response's end.
        var lastWrite: EventLoopFuture<Void>?
        var deadline: Scheduled<Void>?
        var rate = BodyRate()

        init(_ number: Int, _ head: HTTPRequestHead) {
            self.number = number
            version = head.version
            isKeptAlive = head.isKeepAlive
        }
    }
}
