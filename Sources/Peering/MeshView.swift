// The mesh as one node sees it now: what its membership says, for everybody in the process who asks.
package import Availability
package import Membership
package import Mesh
import Synchronization

package final class MeshView: Sendable {
    private struct State {
        var rows: [String: Swim.Row] = [:]
        /// Grows when homes may have moved.
        var number: UInt64 = 1
        var homes: Homes?

        mutating func moveHomes() { (number, homes) = (number + 1, nil) }
    }

    private let own: String
    private let state = Mutex(State())

    package init(own: String) { self.own = own }

    package func note(_ row: Swim.Row) {
        state.withLock { state in
            let before = state.rows.updateValue(row, forKey: row.name.text)
            if before?.weight != row.weight { state.moveHomes() }
        }
    }

    package func replace(by rows: [Swim.Row]) {
        state.withLock { state in
            state.rows = Dictionary(uniqueKeysWithValues: rows.map { ($0.name.text, $0) })
            state.moveHomes()
        }
    }

    /// Who is the home of what.
    package var homes: ClaimKeeper.View {
        state.withLock { state in
            let homes = state.homes ?? Homes(state.rows.values)
            state.homes = homes
            return ClaimKeeper.View(number: state.number, homes: homes)
        }
    }

    package var rows: [Swim.Row] {
        state.withLock { $0.rows.values.sorted { $0.name < $1.name } }
    }

    /// Peers that are there, nearest first: by measured round trips, then those of which none is known.
    package var nearest: [PeerLayers.Holder] {
        rows.filter { $0.state.isPresent && $0.name.text != own }
            .sorted { ($0.roundTripMicroseconds ?? .max, $0.name) < ($1.roundTripMicroseconds ?? .max, $1.name) }
            .compactMap { row in
                PeerAddress(row.card.peerAddress).map { PeerLayers.Holder(name: row.name.text, address: $0) }
            }
    }

    /// Those that are there, this node left out, as availability knows them.
    package var peers: [Holdings.Peer] {
        rows.filter { $0.state.isPresent && $0.name.text != own }.map { Holdings.Peer(name: $0.name, key: $0.card.key) }
    }

    /// Microseconds to the node and back; one that was not measured is far.
    package func distance(to node: NodeName) -> Int {
        state.withLock { $0.rows[node.text]?.roundTripMicroseconds } ?? .max
    }

    package func address(of name: String) -> PeerAddress? {
        state.withLock { $0.rows[name] }.flatMap { PeerAddress($0.card.peerAddress) }
    }
}

extension Swim.Row {
    /// What its share of homes depends on.
    fileprivate var weight: UInt32 { state.isPresent && !card.isDraining ? card.slots : 0 }
}

extension PeerLinks {
    /// The desk of the node `name`, as far as `view` knows it. Throws `NodeTrouble`.
    package func desk(of name: String, in view: MeshView) async throws -> NodeDesk {
        guard let address = view.address(of: name) else { throw NodeTrouble("no node is known as \(name)") }
        return try await node(at: address).desk
    }
}

extension MemberRow {
    package init(_ row: Swim.Row) {
        let state: State =
            switch row.state {
            case .alive: .alive
            case .suspect: .suspect
            case .dead: .dead
            case .left: .left
            }
        self.init(
            name: row.name.text, peerAddress: row.card.peerAddress, zone: row.card.zone, state: state,
            incarnation: row.incarnation, slots: Int(row.card.slots))
    }
}
