// Who asked for what runs now, and until when.

/// Known to everything that runs for a call of another node, in its task and the children of that.
package struct IncomingCall: Sendable {
    /// Nil in what nobody called from outside.
    @TaskLocal package static var current: IncomingCall?

    package let peer: PeerIdentity
    /// On the clock of the system.
    let deadline: Duration
    /// Calls back to the peer go over the link that it called on.
    let session: LinkSession
}

package enum CallTimeout {
    /// How long calls made here may take, in place of their target's own time.
    @TaskLocal package static var current: Duration?
}
