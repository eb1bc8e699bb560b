// Why an exchange with a peer failed, and whether it is safe to try again.
package import HTTP2
package import TLS

package enum TransportFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The peer could not be reached; the reason in words.
    case unreachable(String)
    /// Nobody listens where the peer should be: its process has ended, or has not begun.
    case absent(String)
    case tls(TLSFailure)
    /// The peer did nothing for the request: the connection takes no more, or the stream was refused.
    case refused
    /// The peer broke this exchange off; the connection goes on.
    case reset(HTTP2Code?)
    /// The connection ended while the exchange ran: the peer may have done all, some or nothing of it.
    case lost(String)
    case deadlineExceeded
    case cancelled
    /// The exchange asked for what a link doesn't do.
    case misuse(String)

    /// The peer has certainly not begun with it.
    package var isSafeToRetry: Bool {
        switch self {
        case .unreachable, .absent, .tls, .refused: true
        case .reset, .lost, .deadlineExceeded, .cancelled, .misuse: false
        }
    }

    package var description: String {
        switch self {
        case .unreachable(let reason): "the peer can't be reached: \(reason)"
        case .absent(let place): "nobody listens at \(place)"
        case .tls(let failure): "\(failure)"
        case .refused: "the peer takes no more requests on this connection"
        case .reset(let code): "the peer broke the exchange off" + (code.map { " (\($0))" } ?? "")
        case .lost(let reason): "the connection was lost: \(reason)"
        case .deadlineExceeded: "the deadline has passed"
        case .cancelled: "it was cancelled"
        case .misuse(let reason): reason
        }
    }

    init(_ failure: StreamFailure) {
        switch failure {
        case .refused: self = .refused
        case .reset(let code): self = .reset(HTTP2Code(rawValue: code))
        }
    }
}
