// What nodes say to each other about what they hold, as values and as bytes.
package import Membership

/// How far somebody knows a node's set.
package struct KnownVersion: Hashable, Sendable {
    /// `NodeName.stableHash`.
    package let owner: UInt64
    package let epoch: UInt64
    package let version: UInt64

    func isBehind(_ other: KnownVersion) -> Bool { (epoch, version) < (other.epoch, other.version) }
}

package enum AvailabilityPacket: Sendable {
    /// A hash of all versions that the sender knows: most exchanges end here.
    case hash(UInt64)
    /// What the sender knows. `wantsAnswer`: say what you know of these.
    case summary([KnownVersion], wantsAnswer: Bool)
    case batches([Batch])
    /// To the owner: what came after this version.
    case since(epoch: UInt64, version: UInt64)

    private enum Kind: UInt8 { case hash = 32, summary, batches, since }

    private enum Tag {
        static let hash: UInt8 = 1
        static let known: UInt8 = 2
        static let wantsAnswer: UInt8 = 3
        static let batch: UInt8 = 4
        static let epoch: UInt8 = 5
        static let version: UInt8 = 6
    }

    /// Whether `bytes` claim to be one: packets of membership are told from these by their second byte.
    package static func isOne(_ bytes: [UInt8]) -> Bool { bytes.count > 1 && Kind(rawValue: bytes[1]) != nil }

    package func encoded() -> [UInt8] {
        var writer = FieldWriter()
        writer.byte(Packet.version)
        switch self {
        case .hash(let hash):
            writer.byte(Kind.hash.rawValue)
            writer.words(Tag.hash, [hash])
        case .summary(let known, let wantsAnswer):
            writer.byte(Kind.summary.rawValue)
            writer.words(Tag.known, known.flatMap { [$0.owner, $0.epoch, $0.version] })
            if wantsAnswer { writer.number(Tag.wantsAnswer, 1) }
        case .batches(let batches):
            writer.byte(Kind.batches.rawValue)
            for batch in batches { writer.signed(Tag.batch, batch.signed) }
        case .since(let epoch, let version):
            writer.byte(Kind.since.rawValue)
            writer.number(Tag.epoch, epoch)
            writer.number(Tag.version, version)
        }
        return writer.bytes
    }

    package init(_ bytes: [UInt8]) throws(Unreadable) {
        guard bytes.count <= Packet.bytesMax else { throw .tooMuch(.packet, limit: Packet.bytesMax) }
        var reader = FieldReader(bytes)
        let version = try reader.byte()
        guard version == Packet.version else { throw .otherVersion(version) }
        let code = try reader.byte()
        guard let kind = Kind(rawValue: code) else { throw .unknownKind(code) }
        var fields = Fields()
        while let field = try reader.next() { try fields.take(field.tag, field.value, reader) }
        switch kind {
        case .hash: self = .hash(fields.hash)
        case .summary: self = .summary(fields.known, wantsAnswer: fields.wantsAnswer)
        case .batches: self = .batches(fields.batches)
        case .since: self = .since(epoch: fields.epoch, version: fields.version)
        }
    }

    private struct Fields {
        var hash: UInt64 = 0
        var known: [KnownVersion] = []
        var wantsAnswer = false
        var batches: [Batch] = []
        var epoch: UInt64 = 0
        var version: UInt64 = 0

        mutating func take(_ tag: UInt8, _ value: FieldReader.Value, _ reader: FieldReader) throws(Unreadable) {
            switch tag {
            case Tag.hash: hash = try reader.words(value, count: 1, .hashes)[0]
            case Tag.known:
                let words = try reader.words(value, max: 3 * AvailabilityLimits.summaryMax, .versions)
                guard words.count.isMultiple(of: 3) else { throw .wrong(.versions) }
                known = stride(from: 0, to: words.count, by: 3).map {
                    KnownVersion(owner: words[$0], epoch: words[$0 + 1], version: words[$0 + 2])
                }
            case Tag.wantsAnswer: wantsAnswer = try reader.number(value) != 0
            case Tag.batch:
                guard batches.count < AvailabilityLimits.packetBatchesMax else {
                    throw .tooMuch(.names, limit: AvailabilityLimits.packetBatchesMax)
                }
                batches.append(try Batch(try reader.signed(value, bodyMax: AvailabilityLimits.batchBytesMax)))
            case Tag.epoch: epoch = try reader.number(value)
            case Tag.version: version = try reader.number(value)
            default: break
            }
        }
    }
}
