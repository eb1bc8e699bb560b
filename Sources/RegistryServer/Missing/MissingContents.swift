// Who is asked for what is not here: peers that may have it, and the registries that this node stands before.
package import Digests
package import Images

/// Whoever implements it decides which repos are asked for elsewhere, with whose credentials, and when an answer about a
/// tag is fresh enough. Everything it gives is verified here. An error means that nobody could be asked.
package protocol MissingContents: Sendable {
    /// `known`: the digest that the tag had when last asked, so that only news need be sent; nil for digests.
    func manifest(
        _ reference: ManifestReference, of repo: RepoName, known: BlobDigest?
    ) async throws -> MissingManifest

    /// Nil when nobody has it in that repo. Costs no more than asking for the size.
    func blob(_ digest: BlobDigest, of repo: RepoName) async throws -> MissingBlob?

    /// Peers that may have repos, tags and referrers that are not here, nearest first: as many as are asked for a manifest,
    /// so that what is listed can be pulled. Each tells only what it has itself.
    var listSources: [ListSource] { get }

    /// All tags that an upstream has in `repo`, in byte order; nil when `repo` is no upstream's, or it has no such repo.
    /// `isNewList`: as they are now; otherwise as when the list was begun, if that is not long ago.
    func upstreamTags(of repo: RepoName, isNewList: Bool) async throws -> [String]?

    /// Tells all that an upstream knows to refer to `subject` in `repo`, whatever page it is asked for; nil when `repo` is
    /// no upstream's. `isNewList`: as it is now; otherwise as when the list was begun, if that is not long ago.
    func upstreamReferrers(of subject: BlobDigest, in repo: RepoName, isNewList: Bool) throws -> ListSource?

    /// `source` gave bytes that are not those of `digest`.
    func gaveWrongBytes(_ digest: BlobDigest, source: MissingSource) async
}

package enum MissingManifest: Sendable {
    case absent
    /// The tag still names the digest that is known.
    case unchanged
    case found(bytes: [UInt8], contentType: MediaType?, source: MissingSource)
}

package struct MissingBlob: Sendable {
    /// Bytes of the whole.
    package let size: Int64
    package let source: MissingSource
    /// Gives the bytes from an offset on to `take`, in order; the errors of `take` are thrown as they are.
    package let fetch: Fetch

    package typealias Fetch =
        @Sendable (
            _ offset: Int64, _ take: ([UInt8]) async throws -> Void
        ) async throws -> Void

    package init(size: Int64, source: MissingSource, fetch: @escaping Fetch) {
        (self.size, self.source, self.fetch) = (size, source, fetch)
    }
}

package enum MissingSource: Hashable, Sendable, CustomStringConvertible {
    case peer(String)
    case upstream(String)

    package var description: String {
        switch self {
        case .peer(let name): "peer \(name)"
        case .upstream(let name): "upstream \(name)"
        }
    }
}
