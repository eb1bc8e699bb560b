// Manifests: served by tag or digest in a form that the caller can read; pushed only when all they name is there.
import Digests
import HTTPMessages
import HTTPTypes
import Images

extension RegistryService {
    func manifest(
        _ reference: ManifestReference, _ repo: RepoName, _ request: RegistryRequest
    ) async throws -> ServedResponse {
        try await require(.pull, repo, request)
        guard let found = try await found(reference, repo) else { throw Self.unknown(reference, repo) }
        let accepted = AcceptedTypes(request.fields[values: .accept])
        let manifest = try await readable(found.manifest, reference, repo, accepted)
        var fields: HTTPFields = [
            .contentDigest: manifest.digest.description, .eTag: EntityTags.text(manifest.digest),
            .vary: "Accept",
        ]
        if found.isStale {
            counterBook.change { $0.staleAnswers += 1 }
            fields[.warning] = Self.staleWarning
        }
        if EntityTags.areKnown(manifest.digest, in: request.fields[.ifNoneMatch]) {
            return .empty(.notModified, fields)
        }
        return .document(manifest.bytes, type: manifest.mediaType.name, fields: fields)
    }

    /// Nobody could be asked whether it is still so (RFC 7234 5.5.1).
    static let staleWarning = "110 - \"Response is Stale\""

    private func found(_ reference: ManifestReference, _ repo: RepoName) async throws -> PullThrough.StoredAnswer? {
        do {
            return try await parts.manifest(reference, of: repo)
        } catch let error as ImageError {
            throw RegistryRefusal(.manifestInvalid, "what came can't be served. \(error)", status: .badGateway)
        }
    }

    /// Old clients read no index: by a tag they get the image for the most common platform, as registries do.
    private func readable(
        _ manifest: StoredManifest, _ reference: ManifestReference, _ repo: RepoName, _ accepted: AcceptedTypes
    ) async throws -> StoredManifest {
        if accepted.contains(manifest.mediaType) { return manifest }
        if case .index(let index) = manifest.document, case .tag = reference,
            let entry = try? index.manifest(for: Self.platformOfOldClients),
            let image = try await found(.digest(entry.digest), repo)?.manifest, accepted.contains(image.mediaType)
        {
            return image
        }
        throw RegistryRefusal(
            .manifestUnknown, "it has the type \(manifest.mediaType), which the header Accept does not name")
    }

    private static let platformOfOldClients = Platform(os: "linux", architecture: "amd64")

    private static func unknown(_ reference: ManifestReference, _ repo: RepoName) -> RegistryRefusal {
        RegistryRefusal(.manifestUnknown, "\(repo) has no manifest \(reference)")
    }

    // MARK: Pushing

    func putManifest(
        _ reference: ManifestReference, _ repo: RepoName, _ request: RegistryRequest
    ) async throws -> ServedResponse {
        try await require(.push, repo, request)
        try requireWritable(repo)
        let manifest = try await received(request)
        var tag: String?
        switch reference {
        case .tag(let name): tag = name
        case .digest(let digest):
            guard digest == manifest.digest else {
                throw RegistryRefusal(.digestInvalid, "the manifest's digest is \(manifest.digest)")
            }
        }
        try await checkParts(of: manifest, repo)
        try contents.put(manifest, tag: tag, to: repo)
        var fields: HTTPFields = [:]
        if let subject = manifest.links.subject { fields[.ociSubject] = subject.description }
        return .created(at: "/v2/\(repo)/manifests/\(reference)", manifest.digest, fields)
    }

    private func received(_ request: RegistryRequest) async throws -> StoredManifest {
        let tooLong = RegistryRefusal(
            .sizeInvalid, "a manifest has at most \(Manifest.bytesMax) bytes", status: .contentTooLarge)
        guard request.contentLength.map({ $0 <= Int64(Manifest.bytesMax) }) ?? true else { throw tooLong }
        var bytes: [UInt8] = []
        do {
            while let piece = try await request.body.next() {
                guard bytes.count + piece.count <= Manifest.bytesMax else { throw tooLong }
                bytes += piece
            }
        } catch let error as Body.Failure { throw RegistryRefusal(.manifestInvalid, "\(error)") }
        counterBook.change { $0.receivedByteCount += Int64(bytes.count) }
        let type = request.fields[.contentType]
        do {
            if let type, MediaType(type) == nil {
                throw RegistryRefusal(.manifestInvalid, "Content-Type is no media type")
            }
            return try StoredManifest(bytes, contentType: type.flatMap { MediaType($0) })
        } catch let error as ImageError { throw RegistryRefusal(.manifestInvalid, "\(error)") }
    }

    /// All that it names is in this repo, as long as it says.
    private func checkParts(of manifest: StoredManifest, _ repo: RepoName) async throws {
        for part in manifest.parts {
            let size: Int64?
            if part.mediaType.isManifest || part.mediaType.isIndex {
                let found = try await found(.digest(part.digest), repo)
                size = found.map { Int64($0.manifest.bytes.count) }
            } else {
                size = try await parts.bring(part.digest, of: repo, size: part.size)
            }
            guard let size else {
                throw RegistryRefusal(.manifestBlobUnknown, "\(part.digest) is not in \(repo): push it first")
            }
            guard size == part.size else {
                throw RegistryRefusal(.sizeInvalid, "\(part.digest) has \(size) bytes, and not \(part.size)")
            }
        }
    }

    func deleteManifest(
        _ reference: ManifestReference, _ repo: RepoName, _ request: RegistryRequest
    ) async throws -> ServedResponse {
        try await require(.delete, repo, request)
        try requireWritable(repo)
        let isRemoved =
            switch reference {
            case .tag(let tag): try contents.removeTag(tag, from: repo)
            case .digest(let digest): try contents.removeManifest(digest, from: repo)
            }
        guard isRemoved else { throw Self.unknown(reference, repo) }
        return .empty(.accepted)
    }
}
