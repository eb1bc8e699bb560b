// What refers to a manifest: the registry's own list, or the one that clients keep where it has none.
package import Digests
import FoundationEssentials
package import Images
import NIOHTTP1

extension RegistryClient {
    /// All that refers to `subject` in `repository`, in the registry's order and each as it came; what no manifest can be is
    /// left out. Nothing refers to it where the repository is unknown.
    package func referrers(of subject: BlobDigest, in repository: RepositoryName) async throws -> [Referrer] {
        let asked = Asked(what: "list what refers to \(subject) in \(repository)", host: repository.registry)
        do {
            return try await listedReferrers(of: subject, repository, asked)
        } catch let error as RegistryError where error.status == 404 {
            return try await taggedReferrers(of: subject, repository, asked)
        }
    }

    private func listedReferrers(
        of subject: BlobDigest, _ repository: RepositoryName, _ asked: Asked
    ) async throws -> [Referrer] {
        let endpoint = try await endpoint(repository.registry, asked)
        var request = Request(.GET, endpoint.api("\(repository.path)/referrers/\(subject)"))
        request.headers.add(name: "Accept", value: MediaType.ociIndex.name)
        var seen: Set<WebAddress> = []
        var found: [Referrer] = []
        var byteCount = 0
        while true {
            seen.insert(request.address)
            let (answer, bytes) = try await performWhole(
                request, endpoint, Scope(repository.path, .pull), asked,
                bytesMax: configuration.bounds.referrersBytesMax - byteCount)
            byteCount += bytes.count
            guard let page = try referrers(bytes, asked) else {
                throw RegistryError(
                    .unusable, asked, status: answer.status, reason: "the answer isn't an index of manifests")
            }
            found += page
            guard let next = try nextPage(answer, endpoint, asked) else { return found }
            guard !seen.contains(next) else {
                throw RegistryError(.unusable, asked, reason: "its pages lead back to themselves")
            }
            guard seen.count < configuration.bounds.referrerPagesMax else {
                throw RegistryError(.tooLarge, asked, reason: "there are more than \(seen.count) pages")
            }
            request.address = next
        }
    }

    /// What stands at the tag but isn't an index says nothing.
    private func taggedReferrers(
        of subject: BlobDigest, _ repository: RepositoryName, _ asked: Asked
    ) async throws -> [Referrer] {
        do {
            let tag = ManifestTarget.tag(Referrer.tag(of: subject))
            let index = try await manifest(tag, of: repository, accepting: [.ociIndex])
            return try referrers(index.bytes, asked) ?? []
        } catch let error as RegistryError where error.isNotFound { return [] }
    }

    /// Nil when `bytes` are no index.
    private func referrers(_ bytes: [UInt8], _ asked: Asked) throws(RegistryError) -> [Referrer]? {
        // Counted first: a value for each of a million strings takes hundreds of megabytes.
        guard bytes.count(where: { $0 == UInt8(ascii: "\"") }) / 2 <= configuration.bounds.referrerStringsMax else {
            throw RegistryError(.tooLarge, asked, reason: "the list is too long")
        }
        guard let index = try? JSONDecoder().decode(WrittenIndex.self, from: Data(bytes)),
            index.mediaType == nil || index.mediaType == MediaType.ociIndex.name
        else { return nil }
        return index.manifests.compactMap(\.referrer).filter(\.isWellFormed)
    }
}

private struct WrittenIndex: Decodable {
    /// Nil when it lacks what a referrer has.
    struct Entry: Decodable {
        let referrer: Referrer?

        init(from decoder: any Decoder) throws { referrer = try? Referrer(from: decoder) }
    }

    let mediaType: String?
    let manifests: [Entry]
}
