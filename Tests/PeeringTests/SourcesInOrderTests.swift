// Who is asked for what: peers for what they have, upstreams for what only they know.
import Digests
import Testing

@testable import Peering
@testable import RegistryServer

@Suite struct `Sources in order` {
    private struct Asked: Error {}

    /// Has lists of tags, and fails at all else.
    private struct Lists: MissingContents {
        var listSources: [ListSource] = []
        var tags: [String]?
        var referrers: ListSource?

        func manifest(
            _ reference: ManifestReference, of repo: RepoName, known: BlobDigest?
        ) async throws -> MissingManifest { throw Asked() }
        func blob(_ digest: BlobDigest, of repo: RepoName) async throws -> MissingBlob? { throw Asked() }
        func upstreamTags(of repo: RepoName, isNewList: Bool) async throws -> [String]? { tags }
        func upstreamReferrers(of subject: BlobDigest, in repo: RepoName, isNewList: Bool) throws -> ListSource? {
            referrers
        }
        func gaveWrongBytes(_ digest: BlobDigest, source: MissingSource) async {}
    }

    @Test func `ask peers for lists, and the upstream for what it alone knows`() async throws {
        let peers = Lists(listSources: [ListSource(.peer("b")) { _, _ in nil }], tags: ["of a peer"])
        let upstream = ListSource(.upstream("u")) { _, _ in nil }
        let upstreams = Lists(listSources: [upstream], tags: ["v1"], referrers: upstream)
        let sources = SourcesInOrder(peers: peers, upstreams: upstreams)
        #expect(sources.listSources.map(\.source) == [.peer("b")])
        let repo = try #require(RepoName("app"))
        #expect(try await sources.upstreamTags(of: repo, isNewList: true) == ["v1"])
        let found = try sources.upstreamReferrers(of: BlobDigest(of: []), in: repo, isNewList: true)
        #expect(found?.source == .upstream("u"))
    }
}
