// What the two sides of an HTTP/2 link do differently with the streams on it.
import HTTPTypes

/// Called on the link's event loop.
protocol StreamOwner: AnyObject {
    /// The peer's SETTINGS arrived.
    func ready()
    func requestArrived(_ stream: HTTP2Link.Stream, _ head: HTTPRequest, hasBody: Bool)
    func responseArrived(_ stream: HTTP2Link.Stream, _ head: HTTPResponse, hasBody: Bool)
    /// Nobody reads what the peer sends on the stream.
    func readerLeft(_ stream: HTTP2Link.Stream)
    /// Our side of the stream is sent, and the peer's still open.
    func sideSent(_ stream: HTTP2Link.Stream)
    /// The last call for the stream. Without a failure both sides are whole.
    func streamClosed(_ stream: HTTP2Link.Stream, _ failure: TransportFailure?)
    func mailArrived(_ mail: LinkMail)
    func goingAway()
    func linkEnded(_ failure: TransportFailure)
    /// A limit was exceeded; its name.
    func brokeOff(_ limit: String)
}
