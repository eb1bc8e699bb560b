// What went over a listener or a connection, counted for the metrics page.
import Synchronization

/// Counts since the beginning, except where it says otherwise.
package struct Traffic: Hashable, Sendable {
    package var bytesIn = 0
    package var bytesOut = 0
    package var connections = 0
    /// Now.
    package var openConnections = 0
    /// More than `connectionsMax` or `connectionsPerAddressMax`.
    package var refusedConnections = 0
    package var failedHandshakes = 0
    /// Connections that were closed because of a limit or a deadline.
    package var brokenOff = 0
    package var exchanges = 0
    /// Now.
    package var openExchanges = 0
}

final class TrafficCounters: Sendable {
    let bytesIn = Atomic(0)
    let bytesOut = Atomic(0)
    let connections = Atomic(0)
    let openConnections = Atomic(0)
    let refusedConnections = Atomic(0)
    let failedHandshakes = Atomic(0)
    let brokenOff = Atomic(0)
    let exchanges = Atomic(0)
    let openExchanges = Atomic(0)

    var snapshot: Traffic {
        Traffic(
            bytesIn: bytesIn.load(ordering: .relaxed), bytesOut: bytesOut.load(ordering: .relaxed),
            connections: connections.load(ordering: .relaxed),
            openConnections: openConnections.load(ordering: .relaxed),
            refusedConnections: refusedConnections.load(ordering: .relaxed),
            failedHandshakes: failedHandshakes.load(ordering: .relaxed),
            brokenOff: brokenOff.load(ordering: .relaxed), exchanges: exchanges.load(ordering: .relaxed),
            openExchanges: openExchanges.load(ordering: .relaxed))
    }

    func exchangeBegan() {
        exchanges.add(1, ordering: .relaxed)
        openExchanges.add(1, ordering: .relaxed)
    }

    func exchangeEnded() { openExchanges.subtract(1, ordering: .relaxed) }
}
