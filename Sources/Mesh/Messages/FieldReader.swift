// Walks over tagged fields once, from the first to the last; what nobody asks for is skipped.

/// Ask for fields with rising tags. All positions are checked: no input makes it trap, and it copies only what is asked
/// for.
package struct FieldReader: Sendable {
    private let bytes: [UInt8]
    private var position: Int
    private let end: Int
    private let depth: Int
    /// Tag of the field that was met last.
    private var lastTag = 0
    /// The field of which there may be only one, and that was read.
    private var single = 0

    package init(_ bytes: [UInt8]) throws(MessageError) {
        guard bytes.count <= MessageLimits.messageBytesMax else {
            throw MessageError("", .tooLong(count: bytes.count, max: MessageLimits.messageBytesMax))
        }
        (self.bytes, position, end, depth) = (bytes, 0, bytes.count, 0)
    }

    private init(inside outer: FieldReader, _ range: Range<Int>) {
        (bytes, position, end, depth) = (outer.bytes, range.lowerBound, range.upperBound, outer.depth + 1)
    }

    /// Everything that wasn't asked for must be well-formed, too.
    package mutating func finish() throws(MessageError) { _ = try find(.max) }

    // MARK: Fields

    mutating func number(at tag: Int, _ name: String) throws(MessageError) -> UInt64? {
        guard let kind = try find(tag) else { return nil }
        guard kind == .number else { throw MessageError(name, .wrongKind) }
        single = tag
        return try varint(name)
    }

    /// The place of the bytes of a field of which there is one.
    mutating func range(at tag: Int, _ name: String, max: Int) throws(MessageError) -> Range<Int>? {
        guard let range = try element(at: tag, name, max: max) else { return nil }
        single = tag
        return range
    }

    /// The place of the bytes of the next field `tag`, of which there may be many.
    mutating func element(at tag: Int, _ name: String, max: Int) throws(MessageError) -> Range<Int>? {
        guard let kind = try find(tag) else { return nil }
        guard kind == .bytes else { throw MessageError(name, .wrongKind) }
        let range = try length(name)
        guard range.count <= max else { throw MessageError(name, .tooLong(count: range.count, max: max)) }
        position = range.upperBound
        return range
    }

    subscript(range: Range<Int>) -> ArraySlice<UInt8> { bytes[range] }

    func reader(of range: Range<Int>, _ name: String) throws(MessageError) -> FieldReader {
        guard depth < MessageLimits.nestingMax else {
            throw MessageError(name, .tooDeep(max: MessageLimits.nestingMax))
        }
        return FieldReader(inside: self, range)
    }

    /// The tag of the next field, whichever it is; nil at the end.
    mutating func nextTag() throws(MessageError) -> Int? {
        let start = position
        guard position < end else { return nil }
        let (tag, _) = try key()
        position = start
        return tag
    }

    // MARK: The wire

    /// Moves behind the key of the field `tag`; nil, and in front of a greater one or at the end, when there is none.
    private mutating func find(_ tag: Int) throws(MessageError) -> FieldKind? {
        while position < end {
            let start = position
            let (found, kind) = try key()
            guard found >= lastTag else { throw MessageError("", .outOfOrder) }
            if found > tag {
                position = start
                return nil
            }
            lastTag = found
            if found == tag { return kind }
            guard found != single else { throw MessageError("field \(found)", .repeated) }
            try skip(kind, found)
        }
        return nil
    }

    private mutating func key() throws(MessageError) -> (tag: Int, kind: FieldKind) {
        let key = try varint("")
        guard let kind = FieldKind(rawValue: UInt8(truncatingIfNeeded: key & 7)), key >> 3 > 0,
            key >> 3 <= UInt64(MessageLimits.tagMax)
        else { throw MessageError("", .malformed) }
        return (Int(key >> 3), kind)
    }

    private mutating func skip(_ kind: FieldKind, _ tag: Int) throws(MessageError) {
        let name = "field \(tag)"
        switch kind {
        case .number: _ = try varint(name)
        case .bytes: position = try length(name).upperBound
        case .eightBytes, .fourBytes:
            let count = kind == .eightBytes ? 8 : 4
            guard end - position >= count else { throw MessageError(name, .truncated) }
            position += count
        }
    }

    private mutating func length(_ name: String) throws(MessageError) -> Range<Int> {
        let count = try varint(name)
        guard count <= UInt64(end - position) else { throw MessageError(name, .truncated) }
        return position..<position + Int(count)
    }

    /// At most ten bytes, and none more than needed: a number has one form.
    private mutating func varint(_ name: String) throws(MessageError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard position < end else { throw MessageError(name, .truncated) }
            let byte = bytes[position]
            position += 1
            guard shift < 63 || byte <= 1 else { break }
            value |= UInt64(byte & 0x7f) << shift
            guard byte < 0x80 else { continue }
            guard byte != 0 || shift == 0 else { break }
            return value
        }
        throw MessageError(name, .malformed)
    }
}
