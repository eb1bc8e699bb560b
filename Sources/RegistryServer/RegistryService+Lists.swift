// Lists: tags of a repo, repos, and what refers to a manifest; each in pages, of this node and others together.
import Digests
import HTTPMessages
import HTTPTypes
import Images

extension RegistryService {
    func tags(_ repo: RepoName, _ request: RegistryRequest) async throws -> ServedResponse {
        try await require(.pull, repo, request)
        let page = try Page(request.query)
        let permit = try permitForList(request)
        defer { withExtendedLifetime(permit) {} }
        let upstream = await upstreamTags(of: repo, page)
        let withRemembered = parts.missing == nil ? isPeerAsking(request) : upstream.failure != nil
        let names = try tags(of: repo, upstream.tags, withRemembered: withRemembered).map { page.window(of: $0) }
        let answer = try await merged(.tags(repo, withRemembered: withRemembered)) { last, count in
            names.map { ListPage($0, after: last, count: count) }
        }.answer(page)
        guard answer.isKnown else {
            if let failure = upstream.failure { throw failure }
            throw RegistryRefusal(.nameUnknown, "there is no repo \(repo)")
        }
        let fields = upstream.failure == nil ? [:] : staleFields()
        return try document(answer, page, .tags(repo, withRemembered: false), fields) {
            try TagsDocument(name: repo.text, tags: $0.map(\.name)).json
        }
    }

    /// Nil when this node has no such repo.
    private func tags(of repo: RepoName, _ upstream: [String]?, withRemembered: Bool) throws -> [String]? {
        let own = try contents.tags(of: repo)
        let others = try upstream ?? (withRemembered ? contents.rememberedTags(of: repo) : [])
        guard own != nil || upstream != nil || !others.isEmpty else { return nil }
        guard let own, !own.isEmpty else { return others }
        return others.isEmpty ? own : Set(own).union(others).sorted()
    }

    /// What tags there are now only the upstream knows; where it can't be asked, what was known of it counts.
    private func upstreamTags(of repo: RepoName, _ page: Page) async -> (tags: [String]?, failure: MissingFailure?) {
        guard let missing = parts.missing else { return (nil, nil) }
        do {
            return (try await missing.upstreamTags(of: repo, isNewList: page.last == nil), nil)
        } catch { return (nil, MissingFailure("\(error)")) }
    }

    private func isPeerAsking(_ request: RegistryRequest) -> Bool {
        request.query[RegistryList.rememberedName] == RegistryList.rememberedValue
    }

    /// Only the repos that the caller may pull.
    func catalog(_ request: RegistryRequest) async throws -> ServedResponse {
        try await require(.pull, nil, request)
        let page = try Page(request.query)
        let permit = try permitForList(request)
        defer { withExtendedLifetime(permit) {} }
        let (asker, rights, contents) = (request.asker, rights, contents)
        let answer = try await merged(.catalog) { last, count in
            ListPage(try contents.repos(after: last, count: count + 1).map(\.text), after: nil, count: count)
        }.answer(page) { name in
            guard let repo = RepoName(name) else { return false }
            return await rights.may(.pull, repo, asker) == .allowed
        }
        return try document(answer, page, .catalog) { try CatalogDocument(repositories: $0.map(\.name)).json }
    }

    /// An empty list where nothing refers to it, or it does not exist. The upstream of the repo is one more who is asked:
    /// what refers to a manifest may be anywhere, and stays where it was pushed.
    func referrers(
        of subject: BlobDigest, _ repo: RepoName, _ request: RegistryRequest
    ) async throws -> ServedResponse {
        try await require(.pull, repo, request)
        let page = try Page(request.query)
        let permit = try permitForList(request)
        defer { withExtendedLifetime(permit) {} }
        let filter = request.query["artifactType"]
        let list = RegistryList.referrers(subject, repo)
        let upstream = try parts.missing?.upstreamReferrers(of: subject, in: repo, isNewList: page.last == nil)
        let answer = try await merged(list, upstream) { last, count in
            let names = try contents.referrers(of: subject, in: repo).map(\.description)
            return try await described(ListPage.rest(of: names, after: last), of: repo, count: count)
        }.answer(page)
        var fields = upstream.map { answer.leftOut.contains($0.source) } == true ? staleFields() : [:]
        if filter != nil { fields[.ociFilters] = "artifactType" }
        return try document(answer, page, list, fields, type: MediaType.ociIndex.name, artifactType: filter) {
            entries in
            let referrers = entries.compactMap(\.referrer).filter { filter == nil || $0.artifactType == filter }
            return try ReferrersDocument(manifests: referrers).json
        }
    }

    /// The first `count` of the manifests that are there, with what they say of themselves; fewer where that is enough for
    /// one answer.
    private func described(_ names: ArraySlice<String>, of repo: RepoName, count: Int) async throws -> ListPage {
        var found = ListPage([], hasMore: false)
        var byteCount = 0
        for digest in names.lazy.compactMap({ BlobDigest($0) }) {
            guard found.entries.count < count, byteCount < RegistryList.referrersBytesMax else {
                found.hasMore = true
                break
            }
            guard let manifest = try await contents.manifest(.digest(digest), of: repo) else { continue }
            let entry = try ListEntry(manifest.referrer)
            byteCount += entry.byteCount
            found.entries.append(entry)
        }
        return found
    }

    // MARK: All lists

    /// Nil where nobody else is asked.
    private func permitForList(_ request: RegistryRequest) throws -> CallerLimits.Permit? {
        guard parts.missing != nil else { return nil }
        guard let permit = listers.enter(request.served.caller) else {
            counterBook.change { $0.refusedByLimits += 1 }
            throw RegistryRefusal(.tooManyRequests, "too many lists at once", fields: [.retryAfter: "1"])
        }
        return permit
    }

    /// Of an answer without what the upstream would say now.
    private func staleFields() -> HTTPFields {
        counterBook.change { $0.staleAnswers += 1 }
        return [.warning: Self.staleWarning]
    }

    private func merged(
        _ list: RegistryList, _ upstream: ListSource? = nil,
        own: @escaping @Sendable (_ last: String?, _ count: Int) async throws -> ListPage?
    ) -> MergedList {
        MergedList(
            list: list, own: own, others: (parts.missing?.listSources ?? []) + (upstream.map { [$0] } ?? []),
            silent: silent, timeMax: limits.listTimeMax, log: log)
    }

    private func document(
        _ answer: MergedList.Answer, _ page: Page, _ list: RegistryList, _ fields: HTTPFields = [:],
        type: String = ServedResponse.jsonType, artifactType: String? = nil,
        _ json: ([ListEntry]) throws -> [UInt8]
    ) throws -> ServedResponse {
        var fields = fields
        if answer.hasMore, let last = answer.entries.last {
            fields[.link] = list.link(page, last: last.name, artifactType: artifactType)
        }
        return .document(try json(answer.entries), type: type, fields: fields)
    }
}
