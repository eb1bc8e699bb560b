// Where the ledger's records are in etcd, and the form of what stands there.
import Digests
import Etcd

/// ```
/// weft/epoch                            the ledger's epoch
/// weft/r/REPO                           the name of a repo, which can't be told from its id
/// weft/p/REPO/DIGEST/TIMESTAMP          a publication (PublicationText), written once
/// weft/p/REPO/DIGEST/TIMESTAMPs         its state: `sha256:MANIFEST won`
/// ```
/// A key for each record, and not one for a digest's whole list: a list would be written anew, manifests and all, with each
/// publication and each mark, and could outgrow what one value may hold. "The list is still the one chosen from" needs no
/// head: it is one condition on all keys of the digest, "none was written after the revision that I read". The state has a
/// key of its own, so that a mark is a small compare-and-set that reads nothing, and a child's condition on its parent is a
/// comparison of values that needs no revision. A watch of a repo's keys hears each publication and each mark once, in
/// order. The price is two keys for a record, some 0.6 KB of a voter's memory: a million records need less than a GB.
struct LedgerKeys: Sendable {
    /// Of everything that is the ledger's, in an etcd that may hold more.
    let prefix: String
    let repo: RepoID

    static let defaultPrefix = "weft/"

    static func epoch(_ prefix: String) -> [UInt8] { Array("\(prefix)epoch".utf8) }

    var epoch: [UInt8] { Self.epoch(prefix) }

    static func repoNames(_ prefix: String) -> [UInt8] { Array("\(prefix)r/".utf8) }

    static func name(of repo: RepoID, _ prefix: String) -> [UInt8] { repoNames(prefix) + Array(repo.text.utf8) }

    private var top: String { "\(prefix)p/\(repo)/" }

    var all: [UInt8] { Array(top.utf8) }

    func list(_ digest: StageDigest) -> KeyRange { .all(startingWith: Array("\(top)\(digest)/".utf8)) }

    func record(_ id: StageID) -> [UInt8] { Array("\(top)\(id.digest)/\(Self.digits(id))".utf8) }

    func state(_ id: StageID) -> [UInt8] { record(id) + [Self.stateMark] }

    private static let stateMark = UInt8(ascii: "s")

    /// As in the tag: the order of keys is that of time.
    private static func digits(_ id: StageID) -> Substring { id.description.split(separator: "-")[1] }

    enum Name: Hashable {
        case record(StageID)
        case state(StageID)
    }

    /// Nil for a key that is none of a publication.
    func name(_ key: [UInt8]) -> Name? {
        guard key.starts(with: all) else { return nil }
        var rest = key.dropFirst(all.count)
        let isState = rest.last == Self.stateMark
        if isState { rest.removeLast() }
        guard let text = String(validating: rest, as: UTF8.self) else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let id = StageID(tag: "\(parts[0])-\(parts[1])") else { return nil }
        return isState ? .state(id) : .record(id)
    }
}

/// The value of a state's key.
struct StateText: Hashable {
    let manifest: BlobDigest
    let state: Publication.State

    var bytes: [UInt8] { Array("\(manifest) \(state.rawValue)".utf8) }

    init(_ manifest: BlobDigest, _ state: Publication.State) { (self.manifest, self.state) = (manifest, state) }

    init?(_ bytes: [UInt8]) {
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, let manifest = BlobDigest(words[0]),
            let state = Publication.State(rawValue: String(words[1]))
        else { return nil }
        self.init(manifest, state)
    }

    /// The publication at `key` is there with `manifest`, and not rejected. By their bytes: rejected < tagged < won, and a
    /// blank comes before an exclamation mark.
    static func isUsable(_ key: [UInt8], _ manifest: BlobDigest) -> [Transaction.Compare] {
        [
            .init(.one(key), .greater, .value(StateText(manifest, .rejected).bytes)),
            .init(.one(key), .less, .value(Array("\(manifest)!".utf8))),
        ]
    }
}
