// Manifests: get, ask for the digest, put, delete. Bytes are believed by their digest, never by a header.
package import Digests
package import Images
import NIOHTTP1

/// A manifest's name in a repository.
package enum ManifestTarget: Hashable, Sendable, CustomStringConvertible {
    case tag(String)
    case digest(BlobDigest)

    package init(_ reference: ImageReference) {
        self = reference.digest.map(ManifestTarget.digest) ?? .tag(reference.tag ?? "latest")
    }

    package var description: String {
        switch self {
        case .tag(let tag): tag
        case .digest(let digest): digest.description
        }
    }
}

/// A manifest or index as the registry gave it: not decoded, but its digest is that of the bytes.
package struct FetchedManifest: Hashable, Sendable {
    package let bytes: [UInt8]
    /// What the registry says it is; nil when it says nothing usable.
    package let mediaType: MediaType?
    package let digest: BlobDigest

    /// Decodes it with all checks.
    package func decoded() throws(ImageError) -> ManifestDocument {
        try ManifestDocument(bytes, contentType: mediaType)
    }
}

extension RegistryClient {
    /// The manifest `target` of `repository`, at most `Manifest.bytesMax` bytes; asked by digest, it has that digest.
    package func manifest(
        _ target: ManifestTarget, of repository: RepositoryName, accepting types: [MediaType] = MediaType.manifests
    ) async throws -> FetchedManifest {
        let asked = Asked(what: "get the manifest \(target) of \(repository)", host: repository.registry)
        try check(target, asked)
        return try await reading(repository, asked) { endpoint in
            let (answer, bytes) = try await performWhole(
                request(.GET, target, repository, endpoint, types), endpoint, Scope(repository.path, .pull), asked,
                bytesMax: Manifest.bytesMax)
            let digest = BlobDigest(of: bytes)
            if case .digest(let wanted) = target, wanted != digest {
                throw RegistryError(
                    .broken, Asked(what: asked.what, host: endpoint.name), status: answer.status,
                    reason: "the bytes that came have the digest \(digest)")
            }
            return FetchedManifest(
                bytes: bytes, mediaType: answer.header("Content-Type").flatMap { MediaType($0) }, digest: digest)
        }
    }

    /// The digest that the registry claims for `target`, without the bytes: good for comparing, not for trusting.
    /// Where it claims none, the manifest is fetched and its digest computed.
    package func manifestDigest(_ target: ManifestTarget, of repository: RepositoryName) async throws -> BlobDigest {
        let asked = Asked(what: "ask for the manifest \(target) of \(repository)", host: repository.registry)
        try check(target, asked)
        let endpoint = try await endpoint(repository.registry, asked)
        let answer = try await perform(
            request(.HEAD, target, repository, endpoint, MediaType.manifests), endpoint,
            Scope(repository.path, .pull), asked)
        await exchange.discard(answer)
        guard let digest = answer.header("Docker-Content-Digest").flatMap({ BlobDigest($0) }) else {
            return try await manifest(target, of: repository).digest
        }
        if case .digest(let wanted) = target, wanted != digest {
            throw RegistryError(
                .broken, asked, status: answer.status, reason: "the registry says that its digest is \(digest)")
        }
        return digest
    }

    /// Stores `document` under `target` and gives its digest. A tag that exists is moved.
    @discardableResult
    package func putManifest(
        _ document: EncodedDocument, at target: ManifestTarget, of repository: RepositoryName
    ) async throws -> BlobDigest {
        let asked = Asked(what: "put the manifest \(target) into \(repository)", host: repository.registry)
        try check(target, asked)
        if case .digest(let wanted) = target, wanted != document.digest {
            throw RegistryError(.unusable, asked, reason: "the bytes have the digest \(document.digest)")
        }
        let endpoint = try await endpoint(repository.registry, asked)
        var request = Request(.PUT, endpoint.api("\(repository.path)/manifests/\(target)"))
        request.headers.add(name: "Content-Type", value: document.mediaType.name)
        request.body = .bytes(document.bytes)
        let answer = try await perform(request, endpoint, Scope(repository.path, .push), asked)
        await exchange.discard(answer)
        if let claimed = answer.header("Docker-Content-Digest"), claimed != document.digest.description {
            throw RegistryError(
                .broken, asked, status: answer.status,
                reason: "the registry stored something else (\(PrintableText.escaped(claimed)))")
        }
        return document.digest
    }

    /// Deletes by digest, and so every tag of it. Registries may refuse: Docker's does unless it is configured.
    package func deleteManifest(_ digest: BlobDigest, of repository: RepositoryName) async throws {
        let asked = Asked(what: "delete the manifest \(digest) of \(repository)", host: repository.registry)
        let endpoint = try await endpoint(repository.registry, asked)
        let request = Request(.DELETE, endpoint.api("\(repository.path)/manifests/\(digest)"))
        await exchange.discard(
            try await perform(request, endpoint, Scope(repository.path, .delete), asked))
    }

    /// A tag goes into the request's path: nothing but a tag may stand there.
    private func check(_ target: ManifestTarget, _ asked: Asked) throws {
        guard case .tag(let tag) = target, !ImageReference.isTag(tag) else { return }
        throw RegistryError(.unusable, asked, reason: "\(PrintableText.quoted(tag)) isn't a tag")
    }

    private func request(
        _ method: HTTPMethod, _ target: ManifestTarget, _ repository: RepositoryName, _ endpoint: Endpoint,
        _ types: [MediaType]
    ) -> Request {
        var request = Request(method, endpoint.api("\(repository.path)/manifests/\(target)"))
        for type in types { request.headers.add(name: "Accept", value: type.name) }
        return request
    }
}
