// A secret between the coordinator and the one worker that needs it: it can be sent, and never be seen.

/// Nothing prints it: description, dump and mirrors say `(secret)`, and only the link's coder reads its bytes.
package struct ShippedSecret: Hashable, Sendable {
    package let id: String
    package let bytes: [UInt8]

    /// Secrets of one order.
    package static let secretsMax = 256

    package init(id: String, bytes: [UInt8]) {
        self.id = id
        self.bytes = bytes
    }
}

extension ShippedSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(secret)" }
    package var debugDescription: String { "(secret)" }
    package var customMirror: Mirror { Mirror(reflecting: "(secret)") }
}

extension ShippedSecret: Message {
    package func write(to fields: inout FieldWriter) {
        fields.text(1, id)
        fields.data(2, bytes)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        self.init(
            id: try fields.text(1, "id"), bytes: try fields.data(2, "bytes", max: MessageLimits.fileBytesMax))
    }
}
