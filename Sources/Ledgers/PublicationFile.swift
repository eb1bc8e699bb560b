// The file of one digest's publications: a line that seals the rest, then a line and the record for each.
import Digests

/// A file that was cut or changed is an error, since guessing could publish twice.
struct PublicationFile {
    var publications: [Publication] = []
    /// Writings of the file: its list's version.
    private var writeCount: Int64 = 0

    private static let kind = "weft-publications"
    private static let version = 1
    private static let headBytesMax = 256

    var list: PublicationList { PublicationList(publications, version: .init(writeCount)) }

    init() {}

    /// The next writing.
    func bytes() throws(LedgerError) -> [UInt8] {
        var body: [UInt8] = []
        for publication in publications {
            let text = try publication.text()
            body += "\(publication.id.timestamp) \(publication.state.rawValue) \(text.count)\n".utf8
            body += text
        }
        return Array("\(Self.kind) \(Self.version) \(writeCount + 1) \(BlobDigest(of: body))\n".utf8) + body
    }

    init(_ bytes: [UInt8], _ digest: StageDigest) throws(LedgerError) {
        var rest = bytes[...]
        let head = try Self.line(&rest).split(separator: " ")
        guard head.count == 4, head[0] == Self.kind, let version = Int(head[1]), let count = Int64(head[2]) else {
            throw .unreadable("a file", "it does not begin as one")
        }
        guard version <= Self.version else { throw .newer("the file of the stage \(digest)", version: version) }
        guard version == Self.version else { throw .unreadable("a file", "its form \(version) never was") }
        guard head[3] == BlobDigest(of: Array(rest)).description else {
            throw .unreadable("a file", "it was cut or changed")
        }
        writeCount = count
        while !rest.isEmpty {
            let words = try Self.line(&rest).split(separator: " ")
            guard words.count == 3, let timestamp = Int64(words[0]), let length = Int(words[2]),
                let state = Publication.State(rawValue: String(words[1])), (0...rest.count).contains(length)
            else { throw .unreadable("a file", "its line \(publications.count + 2)") }
            let id = StageID(digest: digest, timestamp: timestamp)
            publications.append(try Publication(Array(rest.prefix(length)), id: id, state: state))
            rest = rest.dropFirst(length)
        }
    }

    private static func line(_ rest: inout ArraySlice<UInt8>) throws(LedgerError) -> String {
        guard let end = rest.prefix(headBytesMax).firstIndex(of: UInt8(ascii: "\n")) else {
            throw .unreadable("a file", "it was cut")
        }
        defer { rest = rest[(end + 1)...] }
        return String(decoding: rest[..<end], as: UTF8.self)
    }
}
