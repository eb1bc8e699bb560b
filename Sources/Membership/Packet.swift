// What members send to each other, as values and as bytes.

package enum News: Sendable {
    case record(MemberRecord)
    case accusation(Accusation)

    /// Bytes that it takes in a packet.
    var encodedCount: Int { FieldWriter.bytesCount(signed.encodedCount) }

    var signed: SignedBytes {
        switch self {
        case .record(let record): record.signed
        case .accusation(let accusation): accusation.signed
        }
    }

    /// Whom it is about.
    var name: NodeName {
        switch self {
        case .record(let record): record.name
        case .accusation(let accusation): accusation.name
        }
    }
}

package struct Packet: Sendable {
    package enum Body: Sendable {
        case ping(sequence: UInt32)
        /// `wallMilliseconds`: the sender's clock, Unix time.
        case ack(sequence: UInt32, wallMilliseconds: Int64)
        /// Ping the target for me.
        case request(sequence: UInt32, target: NodeName)
        /// I am well, but the target did not answer me.
        case nack(sequence: UInt32)
        /// Only news.
        case gossip
        /// The hash of each bucket of the sender's table.
        case hashes([UInt64])
        /// The news are the sender's rows of these buckets. `isPart`: more differ. `wantsAnswer`: send yours.
        case rows(BucketSet, wantsAnswer: Bool, isPart: Bool)
    }

    package let body: Body
    package let news: [News]

    package init(_ body: Body, news: [News] = []) {
        self.body = body
        self.news = news
    }

    /// The first byte of every packet.
    package static let version: UInt8 = 1
    /// Bytes of a packet.
    package static let bytesMax = 256 * 1024
    /// Items of news in a packet.
    package static let newsMax = 4096

    enum Kind: UInt8 {
        case ping = 1, ack, request, nack, gossip, hashes, rows
    }

    /// Kinds of packets up to this one are of membership; greater ones belong to other machines.
    package static let kindMax: UInt8 = 31

    enum Tag {
        static let sequence: UInt8 = 1
        static let wall: UInt8 = 2
        static let target: UInt8 = 3
        static let hashes: UInt8 = 4
        static let buckets: UInt8 = 5
        static let wantsAnswer: UInt8 = 6
        static let isPart: UInt8 = 7
        static let record: UInt8 = 16
        static let accusation: UInt8 = 17
    }

    package func encoded() -> [UInt8] {
        var writer = FieldWriter()
        writer.byte(Self.version)
        writeBody(to: &writer)
        for item in news {
            switch item {
            case .record(let record): writer.signed(Tag.record, record.signed)
            case .accusation(let accusation): writer.signed(Tag.accusation, accusation.signed)
            }
        }
        return writer.bytes
    }

    /// The count of `encoded()`, without making it.
    package var encodedCount: Int {
        var writer = FieldWriter()
        writeBody(to: &writer)
        return news.reduce(1 + writer.bytes.count) { $0 + $1.encodedCount }
    }

    private func writeBody(to writer: inout FieldWriter) {
        writer.byte(kind.rawValue)
        switch body {
        case .ping(let sequence), .nack(let sequence): writer.number(Tag.sequence, UInt64(sequence))
        case .ack(let sequence, let wallMilliseconds):
            writer.number(Tag.sequence, UInt64(sequence))
            writer.number(Tag.wall, wallMilliseconds.zigzag)
        case .request(let sequence, let target):
            writer.number(Tag.sequence, UInt64(sequence))
            writer.text(Tag.target, target.text)
        case .gossip: break
        case .hashes(let hashes): writer.words(Tag.hashes, hashes)
        case .rows(let buckets, let wantsAnswer, let isPart):
            writer.words(Tag.buckets, buckets.words)
            if wantsAnswer { writer.number(Tag.wantsAnswer, 1) }
            if isPart { writer.number(Tag.isPart, 1) }
        }
    }

    private var kind: Kind {
        switch body {
        case .ping: .ping
        case .ack: .ack
        case .request: .request
        case .nack: .nack
        case .gossip: .gossip
        case .hashes: .hashes
        case .rows: .rows
        }
    }
}
