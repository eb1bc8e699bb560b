// What a node's registry lacks and the registries that it stands before may have.
package import Digests
package import Images
package import Registry
package import RegistryServer
package import Settings

/// Repos are those of the upstream with its name before them: `docker.io/library/debian`. A repo without the name of an
/// upstream is Docker Hub's where that is one, because dockerd asks its mirrors so (`registry-mirrors`); `?ns=`, as
/// containerd asks, is the name before the path by then.
package struct UpstreamRegistries: MissingContents {
    private let upstreams: [Upstream]
    private let client: RegistryClient
    private let resting = RestingUpstreams()
    /// Sorted.
    private let tags = UpstreamLists<RepositoryName, [String]>(sizeMax: UpstreamListLimits.tagsMax) { $0.count }
    private let referrers = UpstreamLists<Subject, ListAnswer>(sizeMax: UpstreamListLimits.referrerBytesMax) {
        $0.bytes.count
    }

    /// - Parameter client: may speak without TLS to `plainHTTPHosts`.
    package init(_ upstreams: [Upstream], _ client: RegistryClient) {
        (self.upstreams, self.client) = (upstreams, client)
    }

    /// Hosts of the upstreams whose addresses begin with `http://`.
    package static func plainHTTPHosts(of upstreams: [Upstream]) throws(ImageError) -> Set<String> {
        var hosts: Set<String> = []
        for upstream in upstreams where upstream.isPlain { hosts.insert(try repository("any", of: upstream).registry) }
        return hosts
    }

    package func manifest(
        _ reference: ManifestReference, of repo: RepoName, known: BlobDigest?
    ) async throws -> MissingManifest {
        guard let place = try place(of: repo) else { return .absent }
        let target: ManifestTarget =
            switch reference {
            case .tag(let tag): .tag(tag)
            case .digest(let digest): .digest(digest)
            }
        return try await resting.ask(place.upstream) {
            do {
                // Asking for the digest alone is not counted where pulls are (Docker Hub).
                if let known, try await client.manifestDigest(target, of: place.repository) == known {
                    return .unchanged
                }
                let found = try await client.manifest(target, of: place.repository)
                return .found(bytes: found.bytes, contentType: found.mediaType, source: .upstream(place.upstream))
            } catch let error as RegistryError where error.isNotFound { return .absent }
        }
    }

    package func blob(_ digest: BlobDigest, of repo: RepoName) async throws -> MissingBlob? {
        guard let place = try place(of: repo),
            let size = try await resting.ask(
                place.upstream, { try await client.blobSize(digest, of: place.repository) })
        else { return nil }
        return MissingBlob(size: size, source: .upstream(place.upstream)) { offset, take in
            try await client.fetchBlob(
                digest, size: size, of: place.repository, from: offset, restart: { throw Restarted() }, into: take)
        }
    }

    package var listSources: [ListSource] { [] }

    package func upstreamTags(of repo: RepoName, isNewList: Bool) async throws -> [String]? {
        guard let place = try place(of: repo) else { return nil }
        let oldest = tags.oldest(isNewList: isNewList)
        return try await tags.list(of: place.repository, at: place.upstream, notBefore: oldest) {
            try await resting.ask(place.upstream) {
                do {
                    return Set(try await client.tags(of: place.repository)).sorted()
                } catch let error as RegistryError where Self.isHidden(error) { return nil }
            }
        }
    }

    /// What the upstream's own list says, else the one that clients keep there.
    package func upstreamReferrers(
        of subject: BlobDigest, in repo: RepoName, isNewList: Bool
    ) throws -> ListSource? {
        guard let place = try place(of: repo) else { return nil }
        let key = Subject(repository: place.repository, digest: subject)
        let oldest = referrers.oldest(isNewList: isNewList)
        return ListSource(.upstream(place.upstream)) { _, bytesMax in
            let list = try await referrers.list(of: key, at: "\(key)", notBefore: oldest) {
                try await resting.ask(place.upstream) {
                    do {
                        return try ListAnswer(try await client.referrers(of: subject, in: place.repository))
                    } catch let error as RegistryError where Self.isHidden(error) { return nil }
                }
            }
            guard let list, list.bytes.count > bytesMax else { return list }
            throw LongAnswer(description: "\(key): more than \(bytesMax) bytes")
        }
    }

    private struct Subject: Hashable, CustomStringConvertible {
        let repository: RepositoryName
        let digest: BlobDigest
        var description: String { "what refers to \(digest) in \(repository)" }
    }

    private struct LongAnswer: Error, CustomStringConvertible {
        let description: String
    }

    /// Docker Hub says of repos that do not exist that they can't be seen.
    private static func isHidden(_ error: RegistryError) -> Bool {
        [.notFound, .unauthorized, .forbidden].contains(error.kind)
    }

    package func gaveWrongBytes(_ digest: BlobDigest, source: MissingSource) async {}

    // MARK: Names

    private struct Place: Sendable {
        let repository: RepositoryName
        let upstream: String
    }

    /// One upstream has no mirrors before it.
    private struct Restarted: Error {}

    /// Nil when it is no upstream's, or may not be fetched.
    private func place(of repo: RepoName) throws -> Place? {
        guard let (upstream, path) = Self.upstream(of: repo.text, in: upstreams), upstream.allows(path) else {
            return nil
        }
        return Place(repository: try Self.repository(path, of: upstream), upstream: upstream.name)
    }

    static func upstream(of repo: String, in upstreams: [Upstream]) -> (Upstream, path: String)? {
        for upstream in upstreams where repo.hasPrefix(upstream.name + "/") {
            return (upstream, String(repo.dropFirst(upstream.name.utf8.count + 1)))
        }
        return upstreams.first { $0.name == RepositoryName.dockerHub }.map { ($0, repo) }
    }

    /// Addresses of Docker Hub that are no names of its repositories: credentials are kept under `docker.io`.
    private static let dockerHubPlaces: Set<String> = ["registry-1.docker.io", "index.docker.io", "docker.io"]

    static func repository(_ path: String, of upstream: Upstream) throws(ImageError) -> RepositoryName {
        let place = upstream.place
        if dockerHubPlaces.contains(place) { return try RepositoryName(RepositoryName.dockerHub + "/" + path) }
        let slash = place.firstIndex(of: "/") ?? place.endIndex
        // A host of one word would be taken for a folder of Docker Hub's.
        let isPlainWord = !place[..<slash].contains { $0 == "." || $0 == ":" }
        let port = isPlainWord ? (upstream.isPlain ? ":80" : ":443") : ""
        return try RepositoryName("\(place[..<slash])\(port)\(place[slash...])/\(path)")
    }
}
