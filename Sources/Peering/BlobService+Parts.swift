// Parts of blobs for peers: their digests, which of them are here, and those of blobs that are still being fetched.
import BlobStore
import Digests
import HTTPMessages
import HTTPTypes
import Mesh
import Synchronization

extension BlobService {
    /// A range of a blob that is being fetched, when all of it is there and was checked.
    func sendArrived(of digest: BlobDigest, _ request: ServedRequest) -> ServedResponse {
        guard request.head.headerFields[.range] != nil,
            let (part, size) = arriving.part(digest, { Self.range(request.head, of: $0) })
        else { return .text(.notFound, "\(digest) is not here") }
        var head = HTTPResponse(status: .partialContent)
        head.headerFields[.weftSize] = String(size)
        return ServedResponse(head, body: .file(part))
    }

    /// What is here of a blob. Nodes that ask are named to the others who ask.
    func sayParts(_ path: String, to peer: PeerIdentity) -> ServedResponse {
        guard let digest = BlobDigest(path.dropFirst(PeerPath.parts.count)) else {
            return .text(.badRequest, "\(path) names no blob")
        }
        // First what is being fetched: it is in the store before it is no more.
        var answer = arriving.answer(digest)
        if answer == nil, store.blobs.contains(digest) {
            answer = PartsAnswer(nodes: fetchers.note(peer, asks: digest))
        }
        guard let answer else { return .text(.notFound, "\(digest) is not here") }
        return ServedResponse(HTTPResponse(status: .ok), body: .bytes(Array(answer.text.utf8)))
    }

    func sendPartDigests(_ path: String, to peer: PeerIdentity) -> ServedResponse {
        guard let digest = BlobDigest(path.dropFirst(PeerPath.partDigests.count)) else {
            return .text(.badRequest, "\(path) names no blob")
        }
        guard let size = store.blobs.size(digest), let parts = BlobParts(size: size) else {
            return .text(.notFound, "\(digest) is not here")
        }
        _ = fetchers.note(peer, asks: digest)
        return ServedResponse(
            HTTPResponse(status: .ok),
            body: .stream(length: Int64(parts.count * PartDigests.lineBytes)) { [digests] body in
                try await digests.send(digest, parts, into: body)
            })
    }
}

/// Who fetches what from this node.
final class FetchersAsking: Sendable {
    private let begun = ContinuousClock.now
    private let fetchers = Mutex(Fetchers())

    /// Those who fetch the blob, in the order in which they began; a client is not named, as nobody can ask it.
    func note(_ peer: PeerIdentity, asks blob: BlobDigest) -> [String] {
        let now = begun.duration(to: .now)
        return fetchers.withLock { $0.note(peer.role == .node ? peer.name : nil, asks: blob, now: now) }
    }
}
