// What a node says of itself.

package struct MemberCard: Hashable, Sendable {
    /// Bytes of an address.
    package static let addressBytesMax = 255
    /// Bytes of a zone, and of a version.
    package static let wordBytesMax = 63
    /// Bytes of a key with its proof.
    package static let keyBytesMax = 1024

    /// `host:port` of the listener for peers.
    package var peerAddress: String
    /// `host:port` of the registry listener; empty without one.
    package var registryAddress = ""
    package var zone = ""
    /// Stages at once; 0: it builds nothing.
    package var slots: UInt32 = 0
    /// Transfers at once.
    package var transfers: UInt32 = 0
    /// Bytes for stages; nil: not limited.
    package var memoryBytes: UInt64?
    /// The release that it runs.
    package var version = ""
    /// Takes no new work.
    package var isDraining = false
    /// Its public key, with what binds it to the name (see `RecordSigner`).
    package var key: [UInt8]

    package init(peerAddress: String, key: [UInt8]) {
        self.peerAddress = peerAddress
        self.key = key
    }

    /// Whether each field is within its limit.
    package var isSound: Bool {
        let addresses = [peerAddress, registryAddress]
        return !peerAddress.isEmpty && key.count <= Self.keyBytesMax
            && addresses.allSatisfy { $0.utf8.count <= Self.addressBytesMax }
            && [zone, version].allSatisfy { $0.utf8.count <= Self.wordBytesMax }
    }

    private enum Tag {
        static let peerAddress: UInt8 = 3
        static let registryAddress: UInt8 = 4
        static let zone: UInt8 = 5
        static let slots: UInt8 = 6
        static let transfers: UInt8 = 7
        static let memory: UInt8 = 8
        static let version: UInt8 = 9
        static let isDraining: UInt8 = 10
        static let key: UInt8 = 11
    }

    func write(to writer: inout FieldWriter) {
        writer.text(Tag.peerAddress, peerAddress)
        if !registryAddress.isEmpty { writer.text(Tag.registryAddress, registryAddress) }
        if !zone.isEmpty { writer.text(Tag.zone, zone) }
        if slots > 0 { writer.number(Tag.slots, UInt64(slots)) }
        if transfers > 0 { writer.number(Tag.transfers, UInt64(transfers)) }
        if let memoryBytes { writer.number(Tag.memory, memoryBytes) }
        if !version.isEmpty { writer.text(Tag.version, version) }
        if isDraining { writer.number(Tag.isDraining, 1) }
        writer.data(Tag.key, key)
    }

    /// Takes one field of a record; those of other tags are passed over.
    mutating func take(_ tag: UInt8, _ value: FieldReader.Value, _ reader: FieldReader) throws(Unreadable) {
        switch tag {
        case Tag.peerAddress: peerAddress = try reader.text(value, max: Self.addressBytesMax)
        case Tag.registryAddress: registryAddress = try reader.text(value, max: Self.addressBytesMax)
        case Tag.zone: zone = try reader.text(value, max: Self.wordBytesMax)
        case Tag.slots: slots = UInt32(clamping: try reader.number(value))
        case Tag.transfers: transfers = UInt32(clamping: try reader.number(value))
        case Tag.memory: memoryBytes = try reader.number(value)
        case Tag.version: version = try reader.text(value, max: Self.wordBytesMax)
        case Tag.isDraining: isDraining = try reader.number(value) != 0
        case Tag.key: key = try reader.data(value, max: Self.keyBytesMax, .key)
        default: break
        }
    }
}
