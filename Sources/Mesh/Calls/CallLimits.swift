// What one link may cost, and how long it may be silent.

package struct CallLimits: Sendable {
    /// Calls of the peer that run at once; more are answered `busy`.
    package var incomingCallsMax = 256
    /// Bytes of the arguments of those calls.
    package var incomingBytesMax = 256 << 20
    /// A peer that gives its call more time than that doesn't.
    package var callTimeMax = Duration.seconds(7 * 24 * 60 * 60)
    /// Own calls that wait for an answer; more fail with `busy`.
    package var outgoingCallsMax = 1024
    /// Frames that wait for a peer that doesn't read: beyond, the link ends.
    package var waitingFramesMax = 4096
    /// Until the peer has said hello.
    package var helloTimeout = Duration.seconds(10)
    /// After so long without another frame one is sent that says nothing.
    package var aliveInterval = Duration.seconds(5)
    /// A peer that says nothing for so long is gone.
    package var silenceMax = Duration.seconds(30)

    package init() {}
}

/// How a link ended.
package enum LinkEnd: Hashable, Sendable, CustomStringConvertible {
    /// The peer closed it without a word.
    case closed
    /// The peer said why it leaves.
    case goodbye(String)
    /// The link failed below.
    case broken(String)
    /// The two can't talk: versions or names don't fit.
    case unfit(String)
    /// The peer said what makes no sense.
    case violated(String)
    case silent(Duration)
    /// This side left.
    case left(String)

    package var description: String {
        switch self {
        case .closed: "the peer closed it"
        case .goodbye(let reason): "the peer left: \(reason)"
        case .broken(let reason): "it broke: \(reason)"
        case .unfit(let reason): reason
        case .violated(let reason): "the peer broke the rules: \(reason)"
        case .silent(let duration): "nothing was heard for \(duration)"
        case .left(let reason): "this side left: \(reason)"
        }
    }
}
