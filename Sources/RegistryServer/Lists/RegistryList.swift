// The lists that a registry has, and how they are asked for: paths and queries of the distribution-spec.
import Digests
import Images

enum RegistryList: Hashable, Sendable {
    case catalog
    /// `withRemembered`: the tags, too, that an upstream had when last asked; only nodes ask each other for them.
    case tags(RepoName, withRemembered: Bool)
    case referrers(BlobDigest, RepoName)

    static let rememberedName = "remembered"
    static let rememberedValue = "true"

    private var path: String {
        switch self {
        case .catalog: "/v2/_catalog"
        case .tags(let repo, _): "/v2/\(repo)/tags/list"
        case .referrers(let subject, let repo): "/v2/\(repo)/referrers/\(subject)"
        }
    }

    /// What a peer is asked for: a page of names after `last`.
    func question(_ count: Int, after last: String?) -> String {
        var text = "\(path)?n=\(count)"
        // No name is longer, so the rest of `last` decides nothing.
        if let last { text += "&last=" + Self.escaped(last.utf8.prefix(RepoName.bytesMax)) }
        if case .tags(_, withRemembered: true) = self { text += "&\(Self.rememberedName)=\(Self.rememberedValue)" }
        return text
    }

    /// The next page, for the header `Link` (RFC 8288). Names of tags and repos need no escapes.
    func link(_ page: Page, last: String, artifactType: String? = nil) -> String {
        let filter = artifactType.map { "&artifactType=" + Self.escaped($0.utf8) } ?? ""
        return "<\(path)?last=\(last)&n=\(page.count)\(filter)>; rel=\"next\""
    }

    private static func escaped(_ text: some Sequence<UInt8>) -> String {
        text.reduce(into: "") { escaped, byte in
            if isPlain(byte) {
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                escaped += "%" + Hexadecimal.text([byte])
            }
        }
    }

    /// Of a query (RFC 3986 3.4), but for what separates its values, and `+`.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~/:".utf8.contains(byte)
        }
    }

    // MARK: Bounds

    /// Bytes of referrers in one answer, unless the first alone has more: their annotations can be as long as manifests.
    static let referrersBytesMax = 1 << 20
    /// Quotes and a comma.
    private static let bytesBetweenNames = 3
    /// Of an answer beside its entries: a repo's name, and what all answers have.
    private static let frameBytesMax = 4 << 10

    /// Bytes of a peer's answer.
    var answerBytesMax: Int {
        switch self {
        case .catalog: Page.countMax * (RepoName.bytesMax + Self.bytesBetweenNames) + Self.frameBytesMax
        case .tags: Page.countMax * (ImageReference.tagBytesMax + Self.bytesBetweenNames) + Self.frameBytesMax
        case .referrers: Self.referrersBytesMax + Manifest.bytesMax + Self.frameBytesMax
        }
    }
}
