// Finds manifests and blobs here, and then elsewhere; what comes from elsewhere is verified and kept.
import BlobStore
import Digests
import HTTPMessages
import Images

struct PullThrough: Sendable {
    let contents: any RegistryContents
    /// Nil on a node that only serves what it has.
    let missing: (any MissingContents)?
    let counters: CounterBook
    let flights = FlightTable()
    private let manifests = SharedAnswers<Question, StoredAnswer?>()

    private struct Question: Hashable {
        let repo: RepoName
        let reference: ManifestReference
    }

    struct StoredAnswer: Sendable {
        let manifest: StoredManifest
        /// Nobody could be asked whether the tag still names it.
        var isStale = false
    }

    init(contents: any RegistryContents, missing: (any MissingContents)?, counters: CounterBook) {
        (self.contents, self.missing, self.counters) = (contents, missing, counters)
    }

    // MARK: Manifests

    /// Nil when nobody has it.
    func manifest(_ reference: ManifestReference, of repo: RepoName) async throws -> StoredAnswer? {
        if let here = try await contents.manifest(reference, of: repo) { return StoredAnswer(manifest: here) }
        guard let missing else {
            return try await remembered(reference, of: repo).map { StoredAnswer(manifest: $0, isStale: true) }
        }
        return try await manifests.run(Question(repo: repo, reference: reference)) {
            try await ask(missing, reference, of: repo)
        }
    }

    /// What goes wrong elsewhere is no fault of this node.
    private func elsewhere<Answer>(_ ask: () async throws -> Answer) async throws -> Answer {
        do {
            return try await ask()
        } catch {
            try Task.checkCancellation()
            throw MissingFailure("\(error)")
        }
    }

    private func ask(
        _ missing: any MissingContents, _ reference: ManifestReference, of repo: RepoName
    ) async throws -> StoredAnswer? {
        switch reference {
        case .digest(let digest):
            // Somebody may have brought it meanwhile.
            if let here = try await contents.manifest(reference, of: repo) { return StoredAnswer(manifest: here) }
            let answer = try await elsewhere { try await missing.manifest(reference, of: repo, known: nil) }
            guard case .found(let bytes, let type, let source) = answer else { return nil }
            let manifest = try await checked(bytes, type, source)
            guard manifest.digest == digest else {
                await missing.gaveWrongBytes(digest, source: source)
                counters.count(fetchFrom: source, isGood: false)
                throw MissingFailure("the manifest that came is another one")
            }
            return try keep(manifest, tag: nil, repo, source)
        case .tag(let tag): return try await ask(missing, tag: tag, of: repo)
        }
    }

    private func ask(
        _ missing: any MissingContents, tag: String, of repo: RepoName
    ) async throws -> StoredAnswer? {
        let known = try await remembered(.tag(tag), of: repo)
        let answer: MissingManifest
        do {
            answer = try await elsewhere { try await missing.manifest(.tag(tag), of: repo, known: known?.digest) }
        } catch let failure as MissingFailure {
            guard let known else { throw failure }
            return StoredAnswer(manifest: known, isStale: true)
        }
        switch answer {
        case .absent: return nil
        case .unchanged: return known.map { StoredAnswer(manifest: $0) }
        case .found(let bytes, let type, let source):
            return try keep(try await checked(bytes, type, source), tag: tag, repo, source)
        }
    }

    /// What a tag named when its upstream was last asked.
    private func remembered(_ reference: ManifestReference, of repo: RepoName) async throws -> StoredManifest? {
        guard case .tag(let tag) = reference, let digest = try contents.rememberedTag(tag, of: repo) else { return nil }
        return try await contents.manifest(.digest(digest), of: repo)
    }

    private func checked(_ bytes: [UInt8], _ type: MediaType?, _ source: MissingSource) async throws -> StoredManifest {
        do {
            return try StoredManifest(bytes, contentType: type)
        } catch {
            counters.count(fetchFrom: source, isGood: false)
            throw error
        }
    }

    private func keep(
        _ manifest: StoredManifest, tag: String?, _ repo: RepoName, _ source: MissingSource
    ) throws -> StoredAnswer {
        counters.count(fetchFrom: source, isGood: true)
        counters.count(fetched: manifest.bytes.count, from: source)
        try contents.remember(manifest, tag: tag, of: repo)
        return StoredAnswer(manifest: manifest)
    }

    // MARK: Blobs

    enum BlobPlace: Sendable {
        case here(StoredBlob)
        case arriving(BlobArrival)
    }

    /// Nil when nobody has it in `repo`. A blob that another repo has here is served only after somebody said that this
    /// one has it, too.
    func blob(_ digest: BlobDigest, of repo: RepoName) async throws -> BlobPlace? {
        if let blob = try await contents.blob(digest, of: repo) { return .here(blob) }
        guard let missing, let found = try await elsewhere({ try await missing.blob(digest, of: repo) }) else {
            return nil
        }
        guard (0...Descriptor.sizeMax).contains(found.size) else {
            throw MissingFailure("its size is said to be \(found.size) bytes")
        }
        if contents.size(digest) == found.size {
            try contents.link(digest, to: repo)
            if let blob = try await contents.blob(digest, of: repo) { return .here(blob) }
        }
        // No byte of it will come that could be found wrong.
        guard found.size > 0 || digest == BlobDigest(of: []) else { throw MissingFailure("it is said to be empty") }
        return .arriving(BlobArrival(digest: digest, repo: repo, found: found, parts: self))
    }

    /// Bytes of a blob that a pushed manifest names; nil when nobody has it in `repo`. One of `size` bytes is here
    /// afterwards: clients push no blob of which they were told that the repo has it, and that may be on a peer.
    func bring(_ digest: BlobDigest, of repo: RepoName, size: Int64) async throws -> Int64? {
        switch try await blob(digest, of: repo) {
        case nil: return nil
        case .here(let blob): return blob.size
        case .arriving(let arrival):
            guard arrival.found.size == size else { return arrival.found.size }
            do {
                try await arrival.bring()
            } catch let error as StoreError where !error.isDiskFull { throw MissingFailure("\(error)") }
            return try await contents.blob(digest, of: repo)?.size
        }
    }
}
