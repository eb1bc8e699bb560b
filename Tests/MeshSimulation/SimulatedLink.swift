// A link between two parts of a simulation, which can be slow, stall, be cut, or go dead in one direction.
package import Mesh

/// One end. As on a stream, frames are neither doubled nor reordered: they arrive, or the link ends, or it is silent.
package final class SimulatedLink: PeerLink {
    package let peer: PeerIdentity
    private let outgoing: SimulatedPipe
    private let incoming: SimulatedPipe

    private init(peer: PeerIdentity, outgoing: SimulatedPipe, incoming: SimulatedPipe) {
        self.peer = peer
        self.outgoing = outgoing
        self.incoming = incoming
    }

    /// Two ends of one link: `left` is held by the left one, so its `peer` is `right`.
    ///
    /// - Parameter longestDelay: each frame takes up to so long, whole milliseconds.
    package static func pair<Source: Clock>(
        _ left: PeerIdentity, _ right: PeerIdentity, clock: Source, seed: UInt64,
        longestDelay: Duration = .milliseconds(20)
    ) -> (left: SimulatedLink, right: SimulatedLink) where Source.Duration == Duration {
        let clock = MeshClock(clock)
        let there = SimulatedPipe(clock, seed: seed, longestDelay: longestDelay)
        let back = SimulatedPipe(clock, seed: ~seed, longestDelay: longestDelay)
        return (
            SimulatedLink(peer: right, outgoing: there, incoming: back),
            SimulatedLink(peer: left, outgoing: back, incoming: there)
        )
    }

    package func send(_ frame: [UInt8]) async throws { try await outgoing.send(frame) }

    package func next() async throws -> [UInt8]? { try await incoming.next() }

    package func close() {
        outgoing.closeBySender()
        // The other side's next frame would be answered with a refusal, which goes our way.
        incoming.closeByReader(isHeard: !outgoing.isSilent)
    }

    // MARK: Faults

    /// Both ends find the link broken; what was on its way is lost.
    package func cut() {
        outgoing.cut()
        incoming.cut()
    }

    /// What this end sends is lost from now on, and nobody is told: a half-dead link.
    package func silence() { outgoing.silence() }

    /// What this end sends arrives only after so long.
    package func stall(for duration: Duration) { outgoing.stall(for: duration) }
}
