// All tags of a repository, page by page.
import FoundationEssentials
package import Images
import NIOHTTP1

extension RegistryClient {
    /// Tags asked for at once.
    private static let tagsPerPage = 1_000
    /// Strings of a page that are no tags: names of members, and the repository's.
    private static let otherStringsMax = 16

    /// Every tag of `repository`, in the registry's order; what isn't a tag by the grammar is left out.
    /// A repository that was never pushed to is an error that `isNotFound`.
    package func tags(of repository: RepositoryName) async throws -> [String] {
        let asked = Asked(what: "list the tags of \(repository)", host: repository.registry)
        let endpoint = try await endpoint(repository.registry, asked)
        var page = endpoint.api("\(repository.path)/tags/list").adding("n", "\(Self.tagsPerPage)")
        var seen: Set<WebAddress> = []
        var tags: [String] = []
        let tagsMax = configuration.bounds.tagsMax
        while true {
            seen.insert(page)
            let (answer, bytes) = try await performWhole(
                Request(.GET, page), endpoint, Scope(repository.path, .pull), asked,
                bytesMax: configuration.bounds.tagPageBytesMax)
            // No tag holds a quote. Counted first: a value for each of millions of strings takes gigabytes.
            let stringCount = bytes.count { $0 == UInt8(ascii: "\"") } / 2
            guard tags.count + stringCount <= tagsMax + Self.otherStringsMax else { throw tooMany(asked, seen.count) }
            guard let written = try? JSONDecoder().decode(WrittenTags.self, from: Data(bytes)) else {
                throw RegistryError(
                    .unusable, asked, status: answer.status, reason: "the answer isn't a JSON list of tags")
            }
            tags += (written.tags ?? []).filter { ImageReference.isTag($0) }
            guard tags.count <= tagsMax else { throw tooMany(asked, seen.count) }
            guard let next = try nextPage(answer, endpoint, asked) else { return tags }
            guard !seen.contains(next) else {
                throw RegistryError(.unusable, asked, reason: "its pages of tags lead back to themselves")
            }
            guard seen.count < configuration.bounds.tagPagesMax else { throw tooMany(asked, seen.count) }
            page = next
        }
    }

    private func tooMany(_ asked: Asked, _ pageCount: Int) -> RegistryError {
        RegistryError(
            .tooLarge, asked,
            reason: "there are more than \(configuration.bounds.tagsMax) tags, or more than \(pageCount) pages of them",
            advice: "Clean up the repository.")
    }
}

private struct WrittenTags: Decodable {
    let tags: [String]?
}
