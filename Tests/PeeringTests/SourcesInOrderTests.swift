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

        func manifest(
            _ reference: ManifestReference, of repo: RepoName, known: BlobDigest?
        ) async throws -> MissingManifest { throw Asked() }
        func blob(_ digest: BlobDigest, of repo: RepoName) async throws -> MissingBlob? { throw Asked() }
        func upstreamTags(of repo: RepoName, isNewList: Bool) async throws -> [String]? { tags }
        func gaveWrongBytes(_ digest: BlobDigest, source: MissingSource) async {}
    }

    @Test func `ask peers for lists, and the upstream for its tags`() async throws {
        let peers = Lists(listSources: [ListSource(.peer("b")) { _, _ in nil }], tags: ["of a peer"])
        let upstreams = Lists(listSources: [ListSource(.upstream("u")) { _, _ in nil }], tags: ["v1"])
        let sources = SourcesInOrder(peers: peers, upstreams: upstreams)
        #expect(sources.listSources.map(\.source) == [.peer("b")])
        #expect(try await sources.upstreamTags(of: #require(RepoName("app")), isNewList: true) == ["v1"])
    }
}
