// What a node's registry lacks and its peers may have: asked for over their peers listeners, nearest first.
import Availability
package import Digests
import HTTPMessages
import HTTPTypes
import Images
import Mesh
package import RegistryServer
import Transport

package struct PeerRegistries: MissingContents {
    private let links: PeerLinks
    private let nodes: @Sendable () -> [PeerLayers.Holder]
    private let beliefs: any Beliefs

    /// Peers that are asked.
    private static let askedMax = 16

    struct Unreachable: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameters:
    ///   - nodes: those that live, nearest first.
    ///   - beliefs: which of them hold what, as gossip has it.
    package init(
        _ links: PeerLinks, beliefs: any Beliefs, nodes: @escaping @Sendable () -> [PeerLayers.Holder]
    ) {
        self.links = links
        self.beliefs = beliefs
        self.nodes = nodes
    }

    package func manifest(
        _ reference: ManifestReference, of repo: RepoName, known: BlobDigest?
    ) async throws -> MissingManifest {
        for holder in nodes().prefix(Self.askedMax) {
            guard let (head, body) = try await ask(holder, "/v2/\(repo)/manifests/\(reference)"), head.status == .ok,
                let bytes = try? await body.bytes(atMost: Manifest.bytesMax)
            else { continue }
            if let known, BlobDigest(of: bytes) == known { return .unchanged }
            let type = head.headerFields[.contentType].flatMap { MediaType($0) }
            return .found(bytes: bytes, contentType: type, source: .peer(holder.name))
        }
        return .absent
    }

    package func blob(_ digest: BlobDigest, of repo: RepoName) async throws -> MissingBlob? {
        for holder in await beliefs.order(nodes(), for: HeldName(blob: digest), othersMax: Self.askedMax) {
            let path = "/v2/\(repo)/blobs/\(digest)"
            guard let (head, body) = try await ask(holder, path, .head) else { continue }
            body.abandon()
            guard head.status == .ok, let size = head.headerFields[.contentLength].flatMap({ Int64($0) }) else {
                continue
            }
            let links = links
            return MissingBlob(size: size, source: .peer(holder.name)) { offset, take in
                var head = HTTPRequest.peer(.get, path)
                if offset > 0 { head.headerFields[.range] = "bytes=\(offset)-" }
                let (answer, body) = try await links.stream(to: holder.address).exchange(head)
                guard answer.status.kind == .successful else {
                    throw Unreachable(description: "\(holder.name) answered \(answer.status.code)")
                }
                defer { body.abandon() }
                while let piece = try await body.next() { try await take(piece) }
            }
        }
        return nil
    }

    package var listSources: [ListSource] {
        nodes().prefix(Self.askedMax).map { holder in
            ListSource(.peer(holder.name)) { try await list(of: holder, $0, bytesMax: $1) }
        }
    }

    private func list(of holder: PeerLayers.Holder, _ path: String, bytesMax: Int) async throws -> ListAnswer? {
        let (head, body) = try await links.stream(to: holder.address).exchange(.peer(.get, path))
        defer { body.abandon() }
        switch head.status {
        case .ok:
            return ListAnswer(
                bytes: try await body.bytes(atMost: bytesMax), hasMore: head.headerFields[.link] != nil)
        case .notFound: return nil
        default: throw Unreachable(description: "it answered \(head.status.code)")
        }
    }

    /// Peers have no upstreams for this node.
    package func upstreamTags(of repo: RepoName, isNewList: Bool) async throws -> [String]? { nil }

    package func upstreamReferrers(
        of subject: BlobDigest, in repo: RepoName, isNewList: Bool
    ) throws -> ListSource? { nil }

    package func gaveWrongBytes(_ digest: BlobDigest, source: MissingSource) async {}

    /// Nil when the peer can't be asked.
    private func ask(
        _ holder: PeerLayers.Holder, _ path: String, _ method: HTTPRequest.Method = .get
    ) async throws -> (HTTPResponse, Body)? {
        do {
            var head = HTTPRequest.peer(method, path)
            head.headerFields[.accept] = "*/*"
            return try await links.stream(to: holder.address).exchange(head)
        } catch is CancellationError {
            throw CancellationError()
        } catch { return nil }
    }
}

/// Nodes of the mesh may pull everything from each other, and nothing more.
package struct NodeRights: RegistryRights {
    package init() {}

    package func may(_ action: RegistryAction, _ repo: RepoName?, _ asker: RegistryAsker) async -> RightsAnswer {
        action == .pull ? .allowed : .denied(reason: "peers only pull from each other")
    }

    package func token(for asker: RegistryAsker) async -> RegistryToken? { nil }
}
