// What a node says of itself, and of the other members of its mesh.

package struct NodeCard: Hashable, Sendable {
    package let name: String
    package let version: String
    package let zone: String
    /// `host:port` of its peers listener and its registry listener ("" without one).
    package let peerAddress: String
    package let registryAddress: String
    package let slots: Int
    package let transfers: Int
    package let memoryBytes: Int64?
    package let isDraining: Bool
    /// Orders that run and wait now.
    package let running: Int
    package let waiting: Int
    /// How it keeps the ledger with others, a word; "" for one that does not.
    package let ledger: String

    package init(
        name: String, version: String, zone: String, peerAddress: String, registryAddress: String, slots: Int,
        transfers: Int, memoryBytes: Int64?, isDraining: Bool, running: Int, waiting: Int, ledger: String = ""
    ) {
        self.name = name
        self.version = version
        self.zone = zone
        self.peerAddress = peerAddress
        self.registryAddress = registryAddress
        self.slots = slots
        self.transfers = transfers
        self.memoryBytes = memoryBytes
        self.isDraining = isDraining
        self.running = running
        self.waiting = waiting
        self.ledger = ledger
    }
}

package struct MemberRow: Hashable, Sendable {
    package enum State: UInt8, Sendable {
        case alive = 1
        case suspect = 2
        case dead = 3
        case left = 4
    }

    package let name: String
    package let peerAddress: String
    package let zone: String
    package let state: State
    package let incarnation: UInt64
    package let slots: Int

    package init(name: String, peerAddress: String, zone: String, state: State, incarnation: UInt64, slots: Int) {
        self.name = name
        self.peerAddress = peerAddress
        self.zone = zone
        self.state = state
        self.incarnation = incarnation
        self.slots = slots
    }
}

package struct MemberRows: Hashable, Sendable {
    package let rows: [MemberRow]

    package init(rows: [MemberRow]) { self.rows = rows }
}

extension NodeCard: Message {
    package func write(to fields: inout FieldWriter) {
        fields.text(1, name)
        fields.text(2, version)
        fields.text(3, zone)
        fields.text(4, peerAddress)
        fields.text(5, registryAddress)
        fields.count(6, slots)
        fields.count(7, transfers)
        fields.count(8, present: memoryBytes)
        fields.flag(9, isDraining)
        fields.count(10, running)
        fields.count(11, waiting)
        fields.text(12, ledger)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        name = try fields.nodeName(1, "name")
        version = try fields.text(2, "version", max: WireName.nodeBytesMax)
        zone = try fields.text(3, "zone", max: WireName.nodeBytesMax)
        peerAddress = try fields.text(4, "peerAddress", max: WireName.addressBytesMax)
        registryAddress = try fields.text(5, "registryAddress", max: WireName.addressBytesMax)
        slots = try fields.count(6, "slots")
        transfers = try fields.count(7, "transfers")
        memoryBytes = try fields.optionalCount(8, "memoryBytes")
        isDraining = try fields.flag(9, "isDraining")
        running = try fields.count(10, "running")
        waiting = try fields.count(11, "waiting")
        ledger = try fields.text(12, "ledger", max: WireName.nodeBytesMax)
    }
}

extension MemberRow: Message {
    package func write(to fields: inout FieldWriter) {
        fields.text(1, name)
        fields.text(2, peerAddress)
        fields.text(3, zone)
        fields.count(4, state.rawValue)
        fields.number(5, incarnation)
        fields.count(6, slots)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        name = try fields.nodeName(1, "name")
        peerAddress = try fields.text(2, "peerAddress", max: WireName.addressBytesMax)
        zone = try fields.text(3, "zone", max: WireName.nodeBytesMax)
        state = try fields.choice(4, "state")
        incarnation = try fields.number(5, "incarnation")
        slots = try fields.count(6, "slots")
    }
}

extension MemberRows: Message {
    package func write(to fields: inout FieldWriter) { fields.messages(1, rows) }

    package init(from fields: inout FieldReader) throws(MessageError) { rows = try fields.messages(1, "rows") }
}
