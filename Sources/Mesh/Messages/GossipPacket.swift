// Small messages with one field: gossip, and the reason to drain.

/// Bytes of the machine of membership or of that of availability, opaque to the link.
package struct GossipPacket: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }
}

/// Why a node is to take no more orders.
package struct DrainReason: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }
}

extension GossipPacket: Message {
    package func write(to fields: inout FieldWriter) { fields.data(1, bytes) }

    package init(from fields: inout FieldReader) throws(MessageError) {
        bytes = try fields.data(1, "bytes", max: MessageLimits.fileBytesMax)
    }
}

extension DrainReason: Message {
    package func write(to fields: inout FieldWriter) { fields.text(1, text) }

    package init(from fields: inout FieldReader) throws(MessageError) { text = try fields.text(1, "text") }
}
