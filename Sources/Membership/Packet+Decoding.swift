// Bytes to packets: whatever the bytes, a packet within its limits or a reason.

extension Packet {
    /// What the fields of a packet said.
    private struct Fields {
        var sequence: UInt32?
        var wall: Int64 = 0
        var target: NodeName?
        var hashes: [UInt64]?
        var buckets: BucketSet?
        var wantsAnswer = false
        var isPart = false
        var news: [News] = []

        mutating func take(_ tag: UInt8, _ value: FieldReader.Value, _ reader: FieldReader) throws(Unreadable) {
            switch tag {
            case Tag.sequence: sequence = UInt32(truncatingIfNeeded: try reader.number(value))
            case Tag.wall: wall = Int64(zigzag: try reader.number(value))
            case Tag.target: target = try reader.name(value)
            case Tag.hashes: hashes = try reader.words(value, count: BucketSet.bucketsCount, .hashes)
            case Tag.buckets: buckets = BucketSet(words: try reader.words(value, count: 4, .buckets))
            case Tag.wantsAnswer: wantsAnswer = try reader.number(value) != 0
            case Tag.isPart: isPart = try reader.number(value) != 0
            case Tag.record: try add(.record(try MemberRecord(try reader.signed(value))))
            case Tag.accusation: try add(.accusation(try Accusation(try reader.signed(value))))
            default: break
            }
        }

        private mutating func add(_ item: News) throws(Unreadable) {
            guard news.count < newsMax else { throw .tooMuch(.news, limit: newsMax) }
            news.append(item)
        }
    }

    package init(_ bytes: [UInt8]) throws(Unreadable) {
        guard bytes.count <= Self.bytesMax else { throw .tooMuch(.packet, limit: Self.bytesMax) }
        var reader = FieldReader(bytes)
        let version = try reader.byte()
        guard version == Self.version else { throw .otherVersion(version) }
        let code = try reader.byte()
        guard let kind = Kind(rawValue: code) else { throw .unknownKind(code) }
        var fields = Fields()
        while let field = try reader.next() { try fields.take(field.tag, field.value, reader) }
        self.init(try Self.body(kind, fields), news: fields.news)
    }

    private static func body(_ kind: Kind, _ fields: Fields) throws(Unreadable) -> Body {
        switch kind {
        case .ping: return .ping(sequence: try needed(fields.sequence, .sequence))
        case .ack: return .ack(sequence: try needed(fields.sequence, .sequence), wallMilliseconds: fields.wall)
        case .request:
            return .request(sequence: try needed(fields.sequence, .sequence), target: try needed(fields.target, .name))
        case .nack: return .nack(sequence: try needed(fields.sequence, .sequence))
        case .gossip: return .gossip
        case .hashes: return .hashes(try needed(fields.hashes, .hashes))
        case .rows:
            let buckets = try needed(fields.buckets, .buckets)
            return .rows(buckets, wantsAnswer: fields.wantsAnswer, isPart: fields.isPart)
        }
    }

    private static func needed<Value>(_ value: Value?, _ name: Unreadable.StaticName) throws(Unreadable) -> Value {
        guard let value else { throw .missing(name) }
        return value
    }
}
