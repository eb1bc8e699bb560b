// What travels between nodes: values that write themselves as tagged fields and read themselves strictly.

/// A value that can be an argument or a result of a call to another node, or a part of one.
///
/// The same value is always the same bytes. A field that the reader doesn't know is skipped, one that is missing has its
/// default; so fields may be added, and tags are never used again.
package protocol Message: Sendable {
    /// Writes the fields, with rising tags.
    func write(to fields: inout FieldWriter)
    /// Reads the fields, with rising tags. Whatever the bytes are, this ends with a value or an error.
    init(from fields: inout FieldReader) throws(MessageError)
}

package enum MessageLimits {
    /// Bytes of one message, with all that it holds.
    package static let messageBytesMax = 64 << 20
    /// Bytes of all arguments of a call, or of its result: what is around them fits, too.
    package static let payloadBytesMax = messageBytesMax - 4096
    /// Bytes of one text.
    package static let textBytesMax = 1 << 20
    /// Bytes of a file that stands in a message (`COPY <<EOF`), or of a secret.
    package static let fileBytesMax = 16 << 20
    /// Elements of one list.
    package static let elementsMax = 1 << 16
    /// Files of one context.
    package static let entriesMax = 1 << 20
    /// Messages within messages.
    package static let nestingMax = 16
    /// Greatest tag of a field.
    package static let tagMax = 1 << 20
}

extension Message {
    package var encoded: [UInt8] {
        var fields = FieldWriter()
        write(to: &fields)
        return fields.bytes
    }

    /// Takes the whole of `bytes`.
    package init(encoded bytes: [UInt8]) throws(MessageError) {
        var fields = try FieldReader(bytes)
        self = try Self(from: &fields)
        try fields.finish()
    }
}
