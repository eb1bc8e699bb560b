// What a membership machine is told, what it asks for, and what it shows.

extension Swim {
    package enum Event: Sendable {
        /// Time passed.
        case tick
        /// Bytes of a packet, over a link whose other end proved to be `from`.
        case received([UInt8], from: NodeName)
        /// The same, already read.
        case delivered(Packet, from: NodeName)
        /// Ask these addresses who is there; those that no member has are tried again at times.
        case join([String])
        /// What this node says of itself is new.
        case changed(MemberCard)
        /// Tell the others that this node goes; some more ticks spread it.
        case leave
    }

    package enum Effect: Sendable {
        case send(Packet, to: Destination)
        /// A member was met, or its state or card is new.
        case changed(Row)
        case warn(Warning)
    }

    package enum Destination: Hashable, Sendable {
        case member(NodeName, address: String)
        /// Over the link that its packet came by, or not at all.
        case stranger(NodeName)
        /// Whoever answers at the address.
        case seed(address: String)
    }

    package enum State: UInt8, Sendable {
        case alive = 1, suspect, dead, left

        /// Others count on it: it may still refute.
        package var isPresent: Bool { self == .alive || self == .suspect }
    }

    /// A member as this node sees it.
    package struct Row: Sendable {
        package let name: NodeName
        package let card: MemberCard
        package let incarnation: UInt64
        package let state: State
        /// When the state changed.
        package let since: Moment
        /// Microseconds there and back, smoothed; nil: not measured.
        package let roundTripMicroseconds: Int?
        /// Who accuses it, while it is suspected or dead.
        package let accuser: NodeName?

        init(_ row: MemberTable.Row) {
            name = row.record.name
            card = row.record.card
            incarnation = row.record.incarnation
            state = row.state
            since = row.changedAt
            roundTripMicroseconds = row.roundTrip == 0 ? nil : Int(row.roundTrip)
            accuser = row.accusation?.accuser
        }
    }

    package struct Warning: Hashable, Sendable {
        /// Each kind is told once in a `Timing.retryInterval`; `counts` has them all.
        package enum Kind: Hashable, Sendable {
            case wrongSignature, unreadablePacket, otherVersion, tooManyMembers, standstill
            /// Told when it begins and when it ends.
            case clock
        }

        package let kind: Kind
        /// The peer that sent it, or this node.
        package let node: NodeName
        package let text: String
    }

    package struct Counts: Hashable, Sendable {
        package var wrongSignatures = 0
        package var unreadablePackets = 0
        /// Accusations whose accuser is not known: no key to check them by.
        package var unknownAccusers = 0
        /// Times that this node said that it lives.
        package var refutations = 0
        package var failedProbes = 0
        /// Times that this process stood still.
        package var standstills = 0
    }

    mutating func warn(_ kind: Warning.Kind, _ node: NodeName, _ text: String) {
        guard kind == .clock || warned.insert(kind).inserted else { return }
        effects.append(.warn(Warning(kind: kind, node: node, text: text)))
    }

    // MARK: Queries

    /// All that are known, this node first, the dead and left while they are remembered.
    package var rows: [Row] { table.rows.map { Row($0) } }

    /// Those that are alive or may still refute, this node included.
    package var alive: [Row] { table.rows.lazy.filter { $0.state.isPresent }.map { Row($0) } }

    package func row(_ name: NodeName) -> Row? { table.slot(of: name).map { Row(table.rows[$0]) } }

    package func state(of name: NodeName) -> State? { table.slot(of: name).map { table.rows[$0].state } }

    package var presentCount: Int { table.presentCount }

    /// 0: all well; more: this node itself is slow, and gives others more time.
    package var localHealth: Int { health }

    /// This node's wall clock minus the median of its peers', milliseconds; nil while too few answered.
    package var clockOffset: Int64? { offsets.median }

    package var incarnation: UInt64 { own.incarnation }
}
