// Asks peers and upstreams for what a registry lacks, each for what it is best asked for.
package import Digests
import Images
package import RegistryServer

/// What a digest names is the same everywhere, so the nearest is asked first: peers. What a tag names now only its upstream
/// knows; peers are asked where no upstream has the repo, or none can be reached.
package struct SourcesInOrder: MissingContents {
    private let peers: any MissingContents
    private let upstreams: any MissingContents

    package init(peers: any MissingContents, upstreams: any MissingContents) {
        (self.peers, self.upstreams) = (peers, upstreams)
    }

    package func manifest(
        _ reference: ManifestReference, of repo: RepoName, known: BlobDigest?
    ) async throws -> MissingManifest {
        let order =
            switch reference {
            case .digest: [peers, upstreams]
            case .tag: [upstreams, peers]
            }
        return try await first(order, absent: .absent) { source in
            let answer = try await source.manifest(reference, of: repo, known: known)
            if case .absent = answer { return nil }
            return answer
        }
    }

    package func blob(_ digest: BlobDigest, of repo: RepoName) async throws -> MissingBlob? {
        try await first([peers, upstreams], absent: nil) { try await $0.blob(digest, of: repo) }
    }

    package var listSources: [ListSource] { peers.listSources }

    package func upstreamTags(of repo: RepoName, isNewList: Bool) async throws -> [String]? {
        try await upstreams.upstreamTags(of: repo, isNewList: isNewList)
    }

    package func upstreamReferrers(
        of subject: BlobDigest, in repo: RepoName, isNewList: Bool
    ) throws -> ListSource? {
        try upstreams.upstreamReferrers(of: subject, in: repo, isNewList: isNewList)
    }

    /// The first answer; the error of a source that could not be asked counts when no other one has an answer.
    private func first<Answer>(
        _ sources: [any MissingContents], absent: Answer, _ ask: (any MissingContents) async throws -> Answer?
    ) async throws -> Answer {
        var failure: (any Error)?
        for source in sources {
            do {
                if let answer = try await ask(source) { return answer }
            } catch {
                try Task.checkCancellation()
                failure = error
            }
        }
        if let failure { throw failure }
        return absent
    }

    package func gaveWrongBytes(_ digest: BlobDigest, source: MissingSource) async {
        switch source {
        case .peer: await peers.gaveWrongBytes(digest, source: source)
        case .upstream: await upstreams.gaveWrongBytes(digest, source: source)
        }
    }
}
