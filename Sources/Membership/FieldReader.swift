// Bytes to tagged fields, within limits.

/// Why bytes are no packet.
package enum Unreadable: Error, Hashable, Sendable {
    case cutShort
    /// More than `limit` of what is named.
    case tooMuch(StaticName, limit: Int)
    case otherVersion(UInt8)
    /// A kind of packet that this release does not know: from a newer one.
    case unknownKind(UInt8)
    case missing(StaticName)
    case wrong(StaticName)

    package enum StaticName: String, Sendable {
        case packet, number, text, signed, name, address, key, hashes, buckets, news, record, accusation, names, owner
        case sequence, incarnation, versions
    }
}

package struct FieldReader {
    package enum Value {
        case number(UInt64)
        case data(Range<Int>)
    }

    private let bytes: [UInt8]
    private var place: Int
    private let end: Int

    package init(_ bytes: [UInt8]) { self.init(bytes, in: 0..<bytes.count) }

    /// `range` lies in `bytes`.
    package init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        place = range.lowerBound
        end = range.upperBound
    }

    package var isAtEnd: Bool { place == end }

    package mutating func byte() throws(Unreadable) -> UInt8 {
        guard place < end else { throw .cutShort }
        defer { place += 1 }
        return bytes[place]
    }

    /// The next field; nil at the end.
    package mutating func next() throws(Unreadable) -> (tag: UInt8, value: Value)? {
        guard place < end else { return nil }
        let key = try byte()
        let number = try number()
        guard key & 1 == 1 else { return (key >> 1, .number(number)) }
        guard number <= UInt64(end - place) else { throw .cutShort }
        let range = place..<place + Int(number)
        place = range.upperBound
        return (key >> 1, .data(range))
    }

    /// LEB128 of at most 64 bits.
    package mutating func number() throws(Unreadable) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            let byte = try byte()
            guard shift < 63 || byte < 2 else { throw .wrong(.number) }
            value |= UInt64(byte & 127) << shift
            if byte < 128 { return value }
        }
        throw .wrong(.number)
    }

    // MARK: Values

    package func reader(of value: Value) throws(Unreadable) -> FieldReader {
        FieldReader(bytes, in: try range(of: value))
    }

    package func number(_ value: Value) throws(Unreadable) -> UInt64 {
        guard case .number(let number) = value else { throw .wrong(.number) }
        return number
    }

    package func data(_ value: Value, max limit: Int, _ name: Unreadable.StaticName) throws(Unreadable) -> [UInt8] {
        let range = try range(of: value)
        guard range.count <= limit else { throw .tooMuch(name, limit: limit) }
        return Array(bytes[range])
    }

    package func text(_ value: Value, max limit: Int) throws(Unreadable) -> String {
        let data = try data(value, max: limit, .text)
        guard let text = String(validating: data, as: UTF8.self) else { throw .wrong(.text) }
        return text
    }

    package func name(_ value: Value) throws(Unreadable) -> NodeName {
        guard let name = NodeName(try text(value, max: NodeName.bytesMax)) else { throw .wrong(.name) }
        return name
    }

    package func words(_ value: Value, count: Int, _ name: Unreadable.StaticName) throws(Unreadable) -> [UInt64] {
        let words = try words(value, max: count, name)
        guard words.count == count else { throw .wrong(name) }
        return words
    }

    package func words(_ value: Value, max limit: Int, _ name: Unreadable.StaticName) throws(Unreadable) -> [UInt64] {
        let range = try range(of: value)
        guard range.count.isMultiple(of: 8) else { throw .wrong(name) }
        guard range.count / 8 <= limit else { throw .tooMuch(name, limit: limit) }
        return stride(from: range.lowerBound, to: range.upperBound, by: 8).map { start in
            (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
        }
    }

    package func signed(_ value: Value, bodyMax: Int = SignedBytes.bodyBytesMax) throws(Unreadable) -> SignedBytes {
        var fields = try reader(of: value)
        var body: [UInt8]?
        var signature: [UInt8]?
        while let field = try fields.next() {
            switch field.tag {
            case SignedTag.body: body = try data(field.value, max: bodyMax, .signed)
            case SignedTag.signature: signature = try data(field.value, max: SignedBytes.signatureBytesMax, .signed)
            default: break
            }
        }
        guard let body, let signature else { throw .missing(.signed) }
        return SignedBytes(body: body, signature: signature)
    }

    private func range(of value: Value) throws(Unreadable) -> Range<Int> {
        guard case .data(let range) = value else { throw .wrong(.number) }
        return range
    }
}
