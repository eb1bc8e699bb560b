// What a path of the registry's API asks for (distribution-spec 1.1, "Endpoints").
import Digests
import HTTPTypes
import Images

enum RegistryRoute: Hashable, Sendable {
    case base
    case token
    case catalog
    case tags(RepoName)
    case manifest(RepoName, ManifestReference)
    case blob(RepoName, BlobDigest)
    case uploads(RepoName)
    case upload(RepoName, UploadID)
    case referrers(RepoName, BlobDigest)

    /// Bytes of a path: the longest name, the longest reference and the words between them are less.
    static let pathBytesMax = 1_024

    /// The path as it came, without its query.
    static func read(_ path: Substring) throws(RegistryRefusal) -> RegistryRoute {
        guard path.utf8.count <= pathBytesMax else { throw RegistryRefusal(.nameInvalid, "the path is too long") }
        var parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0].isEmpty, parts[1] == "v2" else { throw nothing }
        parts.removeFirst(2)
        if parts.isEmpty || parts == [""] { return .base }
        if parts == ["_catalog"] { return .catalog }
        if parts == ["token"] { return .token }
        return try read(parts)
    }

    private static var nothing: RegistryRefusal {
        RegistryRefusal(.unsupported, "nothing is served at this path", status: .notFound)
    }

    private static func read(_ parts: [Substring]) throws(RegistryRefusal) -> RegistryRoute {
        guard parts.count >= 3 else { throw nothing }
        let (word, last) = (parts[parts.count - 2], parts[parts.count - 1])
        switch word {
        case "tags" where last == "list": return .tags(try name(parts.dropLast(2)))
        case "manifests": return .manifest(try name(parts.dropLast(2)), try reference(last))
        case "referrers": return .referrers(try name(parts.dropLast(2)), try digest(last))
        case "blobs" where last == "uploads": return .uploads(try name(parts.dropLast(2)))
        case "blobs": return .blob(try name(parts.dropLast(2)), try digest(last))
        case "uploads" where parts.count >= 4 && parts[parts.count - 3] == "blobs":
            let name = try name(parts.dropLast(3))
            if last.isEmpty { return .uploads(name) }
            guard let id = UploadID(last) else { throw RegistryRefusal(.uploadUnknown, "there is no such upload") }
            return .upload(name, id)
        default: throw nothing
        }
    }

    private static func name(_ parts: ArraySlice<Substring>) throws(RegistryRefusal) -> RepoName {
        let text = parts.joined(separator: "/")
        guard let name = RepoName(text) else {
            throw RegistryRefusal(.nameInvalid, "\(PrintableText.quoted(text)) is no name of a repo")
        }
        return name
    }

    private static func reference(_ text: Substring) throws(RegistryRefusal) -> ManifestReference {
        let text = withColons(text)
        if let reference = ManifestReference(text) { return reference }
        guard !text.contains(":") else { throw badDigest(text) }
        throw RegistryRefusal(.manifestUnknown, "\(PrintableText.quoted(text)) is no tag")
    }

    private static func digest(_ text: Substring) throws(RegistryRefusal) -> BlobDigest {
        let text = withColons(text)
        guard let digest = BlobDigest(text) else { throw badDigest(text) }
        return digest
    }

    static func badDigest(_ text: String) -> RegistryRefusal {
        RegistryRefusal(
            .digestInvalid, "\(PrintableText.quoted(text)) is not sha256: and 64 lower-case hexadecimal digits")
    }

    /// The only letter that clients write in another form; any other `%` makes no name.
    private static func withColons(_ text: Substring) -> String {
        text.split(separator: "%3A", omittingEmptySubsequences: false).joined(separator: ":")
            .split(separator: "%3a", omittingEmptySubsequences: false).joined(separator: ":")
    }

    /// The same of the repo that holds what `upstream` has by this name; what is pushed stays where it is.
    func mirrored(from upstream: String) throws(RegistryRefusal) -> RegistryRoute {
        func mirrored(_ repo: RepoName) throws(RegistryRefusal) -> RepoName {
            try Self.name([upstream[...], repo.text[...]])
        }
        return switch self {
        case .base, .token, .catalog, .uploads, .upload: self
        case .tags(let repo): .tags(try mirrored(repo))
        case .manifest(let repo, let reference): .manifest(try mirrored(repo), reference)
        case .blob(let repo, let digest): .blob(try mirrored(repo), digest)
        case .referrers(let repo, let digest): .referrers(try mirrored(repo), digest)
        }
    }
}
