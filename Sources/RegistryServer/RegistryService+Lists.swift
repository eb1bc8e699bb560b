// Lists: tags of a repo, repos, and what refers to a manifest; each in pages.
import Digests
import HTTPMessages
import HTTPTypes
import Images

extension RegistryService {
    func tags(_ repo: RepoName, _ request: RegistryRequest) async throws -> ServedResponse {
        try await require(.pull, repo, request)
        let page = try Page(request.query)
        guard let all = try contents.tags(of: repo) else {
            throw RegistryRefusal(.nameUnknown, "this node has no repo \(repo)")
        }
        let (names, hasMore) = page.cut(all)
        var fields = HTTPFields()
        if hasMore { fields[.link] = Self.link("/v2/\(repo)/tags/list", page, last: names.last) }
        return .document(try TagsDocument(name: repo.text, tags: names).json, fields: fields)
    }

    /// Only the repos that the caller may pull.
    func catalog(_ request: RegistryRequest) async throws -> ServedResponse {
        try await require(.pull, nil, request)
        let page = try Page(request.query)
        let asker = request.asker
        var names: [String] = []
        var hasMore = false
        for repo in try contents.repos() where page.last.map({ repo.text > $0 }) ?? true {
            guard await rights.may(.pull, repo, asker) == .allowed else { continue }
            guard names.count < page.count else {
                hasMore = page.count > 0
                break
            }
            names.append(repo.text)
        }
        var fields = HTTPFields()
        if hasMore { fields[.link] = Self.link("/v2/_catalog", page, last: names.last) }
        return .document(try CatalogDocument(repositories: names).json, fields: fields)
    }

    /// The next page, for the header `Link` (RFC 8288). Names of tags and repos need no escapes.
    private static func link(_ path: String, _ page: Page, last: String?, filter: String? = nil) -> String {
        let filter = filter.map { "&artifactType=" + escaped($0) } ?? ""
        return "<\(path)?last=\(last ?? "")&n=\(page.count)\(filter)>; rel=\"next\""
    }

    /// Of a media type: `+` and `&` mean something else in a query.
    private static func escaped(_ type: String) -> String {
        type.replacing("%", with: "%25").replacing("+", with: "%2B").replacing("&", with: "%26")
            .replacing("#", with: "%23")
    }

    /// An empty list where nothing refers to it, or it does not exist.
    func referrers(
        of subject: BlobDigest, _ repo: RepoName, _ request: RegistryRequest
    ) async throws -> ServedResponse {
        try await require(.pull, repo, request)
        let page = try Page(request.query)
        let filter = request.query["artifactType"]
        let (names, hasMore) = page.cut(try contents.referrers(of: subject, in: repo).map(\.description))
        var entries: [Referrer] = []
        for digest in names.compactMap({ BlobDigest($0) }) {
            guard let manifest = try await contents.manifest(.digest(digest), of: repo) else { continue }
            let entry = manifest.referrer
            if filter == nil || entry.artifactType == filter { entries.append(entry) }
        }
        var fields = HTTPFields()
        if filter != nil { fields[.ociFilters] = "artifactType" }
        if hasMore {
            fields[.link] = Self.link("/v2/\(repo)/referrers/\(subject)", page, last: names.last, filter: filter)
        }
        return .document(
            try ReferrersDocument(manifests: entries).json, type: MediaType.ociIndex.name, fields: fields)
    }
}
