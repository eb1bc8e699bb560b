// Writes tagged fields: a varint of tag and kind, then a number or a length with bytes.

/// Zeros, empty texts and false are left out: they are what a missing field means. `present` values are written
/// whenever they are not nil, so that "" and nil differ.
package struct FieldWriter: Sendable {
    package private(set) var bytes: [UInt8] = []
    private var lastTag = 0

    package init() {}

    // MARK: Numbers

    mutating func number(_ tag: Int, _ value: UInt64) {
        if value != 0 { number(tag, present: value) }
    }

    mutating func number(_ tag: Int, present value: UInt64?) {
        guard let value else { return }
        key(tag, .number)
        varint(value)
    }

    mutating func number(_ tag: Int, present value: UInt32?) { number(tag, present: value.map(UInt64.init)) }

    /// A number that is never negative: below zero it is written as zero.
    mutating func count(_ tag: Int, _ value: some BinaryInteger) { number(tag, UInt64(clamping: value)) }

    mutating func count(_ tag: Int, present value: Int64?) {
        number(tag, present: value.map { UInt64(clamping: $0) })
    }

    /// Small numbers of both signs are short (zigzag).
    mutating func signed(_ tag: Int, _ value: Int64) { number(tag, UInt64(bitPattern: value << 1 ^ value >> 63)) }

    mutating func flag(_ tag: Int, _ value: Bool) { number(tag, value ? 1 : 0) }

    // MARK: Bytes

    mutating func text(_ tag: Int, _ value: String) {
        if !value.isEmpty { text(tag, present: value) }
    }

    mutating func text(_ tag: Int, present value: String?) {
        guard let value else { return }
        key(tag, .bytes)
        varint(UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    mutating func texts(_ tag: Int, _ values: [String]) {
        for value in values { text(tag, present: value) }
    }

    mutating func data(_ tag: Int, _ value: [UInt8]) {
        if !value.isEmpty { data(tag, present: value) }
    }

    mutating func data(_ tag: Int, present value: [UInt8]?) {
        guard let value else { return }
        key(tag, .bytes)
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    // MARK: Messages

    mutating func message(_ tag: Int, _ value: (some Message)?) {
        if let value { data(tag, present: value.encoded) }
    }

    mutating func messages(_ tag: Int, _ values: [some Message]) {
        for value in values { message(tag, value) }
    }

    /// A message that has no type of its own.
    mutating func group(_ tag: Int, _ write: (inout FieldWriter) -> Void) {
        var fields = FieldWriter()
        write(&fields)
        data(tag, present: fields.bytes)
    }

    // MARK: The wire

    private mutating func key(_ tag: Int, _ kind: FieldKind) {
        precondition(tag >= lastTag && tag <= MessageLimits.tagMax, "fields are written with rising tags")
        lastTag = tag
        varint(UInt64(tag) << 3 | UInt64(kind.rawValue))
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}

/// Numbers as in Protocol Buffers' wire format; the two of fixed width are only skipped.
enum FieldKind: UInt8 {
    case number = 0
    case eightBytes = 1
    case bytes = 2
    case fourBytes = 5
}
