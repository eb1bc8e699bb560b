// What a call to another node can throw: the link's failures, never the outcome of the work.

/// The link ended before the answer came. The call may have been carried out: calls are idempotent, so ask again.
package struct LinkLost: Error, Hashable, Sendable, CustomStringConvertible {
    package let peer: String
    package let reason: String

    package init(peer: String, reason: String) {
        self.peer = peer
        self.reason = reason
    }

    package var description: String { "no link to \(peer): \(reason)" }
}

package enum CallError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The peer runs as many calls of this link as it takes at once, or as many wait for it here.
    case busy(peer: String)
    /// No answer within the time that the call had.
    case late(peer: String, target: String)
    /// The peer doesn't let its caller do this, or doesn't know what it is.
    case refused(peer: String, reason: String)
    /// What was called threw.
    case failed(peer: String, message: String)
    /// An argument or a result that isn't what it should be, or too large.
    case unreadable(peer: String, reason: String)
    /// The function isn't in the table of targets: a mistake in this program.
    case unlisted(target: String)

    package var description: String {
        switch self {
        case .busy(let peer): "\(peer) is busy"
        case .late(let peer, let target): "\(peer) did not answer \(target) in time"
        case .refused(let peer, let reason): "\(peer) refused: \(reason)"
        case .failed(let peer, let message): "\(peer) failed: \(message)"
        case .unreadable(let peer, let reason): "what was said to or by \(peer) can't be read: \(reason)"
        case .unlisted(let target): "\(target) is not in the table of calls"
        }
    }

    /// Whether the same call may well succeed a little later, or elsewhere.
    package var isRetryable: Bool {
        switch self {
        case .busy, .late: true
        case .refused, .failed, .unreadable, .unlisted: false
        }
    }
}
