// The registry that every node is: answers requests of the OCI distribution-spec 1.1 out of the node's store.
import BlobStore
package import HTTPMessages
import HTTPTypes

package struct RegistryService: HTTPService {
    let contents: any RegistryContents
    let rights: any RegistryRights
    let limits: RegistryLimits
    let parts: PullThrough
    let uploads: UploadTable
    let callers: CallerLimits
    let listers: CallerLimits
    let silent: SilentSources
    let counterBook: CounterBook
    let now: @Sendable () -> ContinuousClock.Instant
    private let upstreams: Set<String>
    private let threads: any TaskExecutor
    let log: @Sendable (String) -> Void

    /// `upstreams`: registries that this node is a mirror of; a client that says which one it means (`?ns=docker.io`, as
    /// containerd does) gets the repo with that name before its path. `threads`: for work that waits for the disk. `log`
    /// hears of what is wrong with the node, never of callers' mistakes.
    package init(
        contents: any RegistryContents, missing: (any MissingContents)? = nil, rights: any RegistryRights,
        limits: RegistryLimits = RegistryLimits(), upstreams: Set<String> = [], threads: any TaskExecutor,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        (self.contents, self.rights, self.limits, self.threads) = (contents, rights, limits, threads)
        (self.upstreams, self.now, self.log) = (upstreams, now, log)
        counterBook = CounterBook()
        parts = PullThrough(contents: contents, missing: missing, counters: counterBook)
        uploads = UploadTable(limits)
        callers = CallerLimits(limits.requestsMax, perAddress: limits.requestsPerAddressMax)
        listers = CallerLimits(limits.listsMax, perAddress: limits.listsPerAddressMax)
        silent = SilentSources(rest: limits.listRest)
    }

    package var counters: RegistryCounters { counterBook.snapshot }

    /// Gives up uploads that nobody goes on with. New uploads do it, too; a node calls it now and then.
    package func dropIdleUploads() { uploads.dropIdle(now: now()) }

    package func answer(_ request: ServedRequest) async -> ServedResponse {
        await withTaskExecutorPreference(threads) { await counted(request) }
    }

    private func counted(_ request: ServedRequest) async -> ServedResponse {
        let route = Result { try RegistryRoute.read(request.path) }
        var response: ServedResponse
        if let permit = callers.enter(request.caller) {
            response = held(await answer(request, route), permit)
        } else {
            counterBook.change { $0.refusedByLimits += 1 }
            response = .refused(
                RegistryRefusal(.tooManyRequests, "too many requests at once", fields: [.retryAfter: "1"]))
        }
        response.head.headerFields[.apiVersion] = "registry/2.0"
        counterBook.count((try? route.get())?.kind ?? .unknown, status: response.head.status.code)
        if request.head.method == .head { return response.withoutBody }
        if let count = response.bodyByteCount { counterBook.change { $0.sentByteCount += count } }
        return response
    }

    private func answer(
        _ request: ServedRequest, _ route: Result<RegistryRoute, any Error>
    ) async -> ServedResponse {
        do {
            let query = try RequestQuery(request.head.path ?? "")
            var route = try route.get()
            if let upstream = query["ns"], upstreams.contains(upstream) { route = try route.mirrored(from: upstream) }
            return try await answer(RegistryRequest(request, route: route, query: query))
        } catch { return .refused(refusal(error)) }
    }

    private func answer(_ request: RegistryRequest) async throws -> ServedResponse {
        switch (request.route, request.method) {
        case (.token, .get): return try await token(request)
        case (.base, .get), (.base, .head): return try await base(request)
        case (.catalog, .get): return try await catalog(request)
        case (.tags(let repo), .get): return try await tags(repo, request)
        case (.referrers(let repo, let subject), .get): return try await referrers(of: subject, repo, request)
        case (.manifest(let repo, let reference), .get), (.manifest(let repo, let reference), .head):
            return try await manifest(reference, repo, request)
        case (.manifest(let repo, let reference), .put): return try await putManifest(reference, repo, request)
        case (.manifest(let repo, let reference), .delete): return try await deleteManifest(reference, repo, request)
        case (.blob(let repo, let digest), .get), (.blob(let repo, let digest), .head):
            return try await blob(digest, repo, request)
        case (.blob(let repo, let digest), .delete): return try await deleteBlob(digest, repo, request)
        case (.uploads(let repo), .post): return try await beginUpload(repo, request)
        case (.upload(let repo, let id), .get): return try await uploadStatus(id, repo, request)
        case (.upload(let repo, let id), .patch): return try await appendToUpload(id, repo, request)
        case (.upload(let repo, let id), .put): return try await finishUpload(id, repo, request)
        case (.upload(let repo, let id), .delete): return try await cancelUpload(id, repo, request)
        default: throw RegistryRefusal(.unsupported, "this method does nothing at this path")
        }
    }

    /// The permit lives until the body was sent.
    private func held(_ response: ServedResponse, _ permit: CallerLimits.Permit) -> ServedResponse {
        var copy = response
        switch response.body {
        case .none, .bytes: break
        case .file(let part):
            copy.body = .file(
                FilePart(descriptor: part.descriptor, offset: part.offset, count: part.count) {
                    withExtendedLifetime((part, permit)) {}
                })
        case .stream(let length, let make):
            let threads = threads
            copy.body = .stream(length: length) { body in
                try await withTaskExecutorPreference(threads) { try await make(body) }
                withExtendedLifetime(permit) {}
            }
        }
        return copy
    }

    // MARK: Errors

    private func refusal(_ error: any Error) -> RegistryRefusal {
        switch error {
        case let refusal as RegistryRefusal: return refusal
        case let error as StoreError where error.isDiskFull:
            log("\(error)")
            return RegistryRefusal(.diskFull, "no space is left on this node's disk; nothing was kept of this request")
        case is MissingFailure, is CancellationError:
            return RegistryRefusal(.unavailable, "it can't be had at the moment: \(error)")
        default:
            log("\(error)")
            return RegistryRefusal(.unknown, "the node could not do it; its log says why")
        }
    }
}

extension RegistryRoute {
    fileprivate var kind: RegistryCounters.Kind {
        switch self {
        case .base: .base
        case .token: .token
        case .catalog: .catalog
        case .tags: .tags
        case .manifest: .manifest
        case .blob: .blob
        case .uploads, .upload: .upload
        case .referrers: .referrers
        }
    }
}
