// Files of contexts from other nodes, so that a client sends only what nobody has.
package import BlobStore
import Digests
import HTTPMessages
import HTTPTypes
import Mesh
import Transport

package struct PeerContexts: Sendable {
    private let store: Store
    private let links: PeerLinks
    private let nodes: @Sendable () -> [PeerLayers.Holder]

    /// Peers that are asked.
    private static let askedMax = 8

    /// - Parameter nodes: those that live, nearest first.
    package init(store: Store, links: PeerLinks, nodes: @escaping @Sendable () -> [PeerLayers.Holder]) {
        self.store = store
        self.links = links
        self.nodes = nodes
    }

    /// Fetches what peers have. Answers the rest; a peer that fails has nothing.
    func bring(_ wanted: [BlobDigest]) async -> [BlobDigest] {
        var missing = wanted
        for holder in nodes().prefix(Self.askedMax) where !missing.isEmpty {
            guard let lacked = try? await ask(holder, for: missing), lacked.count < missing.count else { continue }
            let there = Set(missing).subtracting(lacked)
            try? await fetch(missing.filter(there.contains), from: holder)
            missing = store.blobs.missing(of: missing)
        }
        return missing
    }

    private func ask(_ holder: PeerLayers.Holder, for wanted: [BlobDigest]) async throws -> [BlobDigest] {
        try await links.node(at: holder.address).desk.lacking(NeedsQuery(objects: wanted, layers: [])).objects
    }

    private func fetch(_ wanted: [BlobDigest], from holder: PeerLayers.Holder) async throws {
        let connection = try await links.stream(to: holder.address)
        let list = Array(wanted.map(\.description).joined(separator: "\n").utf8)
        let (head, body) = try await connection.exchange(.peer(.post, PeerPath.wantedFiles), body: Body(list))
        guard head.status == .ok else { return body.abandon() }
        var reader = FileStreamReader(store.blobs)
        _ = try await reader.read(body)
    }
}
