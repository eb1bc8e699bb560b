// One blob from its holders: a big one in parts, any other in order.
import Availability
import BlobStore
import Digests
import HTTPMessages
import HTTPTypes
import Mesh
import Reports
import Transport

extension PeerLayers {
    /// The holder, and for a big blob others that have the very same bytes at hand.
    func sources(of blob: BlobDigest, size: Int64, beside holder: Holder) async -> [Holder] {
        guard size >= Self.splitBytesMin else { return [holder] }
        let all = nodes()
        let others = await beliefs.holders(of: HeldName(blob: blob)).compactMap { name in
            all.first { $0.name == name && name != holder.name && !isLiar($0) }
        }
        return Array(([holder] + others).prefix(Self.sourcesMax))
    }

    /// Fetches a blob, with what an earlier try left: a big one in parts from all holders and from those who fetch it, too,
    /// if there are several; otherwise in order from the first, which is also asked alone for what the others did not give.
    /// False when that does not have it.
    func fetch(
        _ digest: BlobDigest, size: Int64, from holders: [Holder], isWhole: Bool = false,
        _ report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> Bool {
        guard let holder = holders.first else { return true }
        guard size >= Self.splitBytesMin, !isWhole, let parts = BlobParts(size: size) else {
            return try await fetchInOrder(digest, size: size, from: holder, report)
        }
        if holders.count == 1, let isHere = try await fetchAlone(digest, parts, from: holder, report) { return isHere }
        for sources in holders.count > 1 ? [holders, [holder]] : [holders] {
            switch try await fetchParts(digest, parts, from: sources, report) {
            case .whole: return true
            case .left: continue
            case .unknown: return try await fetchInOrder(digest, size: size, from: holder, report)
            case .wrong(let claimer):
                guard try await fetchInOrder(digest, size: size, from: holder, report) else { return false }
                // The bytes are right: what was said of their parts was not.
                distrust(claimer, "what it said of the parts of \(digest) was wrong")
                return true
            }
        }
        return false
    }

    func fetchInOrder(
        _ digest: BlobDigest, size: Int64, from holder: Holder, _ report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> Bool {
        let opened = try await opened(digest, size) {
            try self.store.blobs.partial(digest, size: size).map(PeerPartial.init)
        }
        guard let box = opened else { return true }
        if box.partial.offset < size {
            guard try await fetchRest(digest, size: size, from: holder, into: box, report) else { return false }
        }
        try box.partial.finish()
        return true
    }

    private func fetchRest(
        _ digest: BlobDigest, size: Int64, from holder: Holder, into box: PeerPartial,
        _ report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> Bool {
        let connection = try await links.stream(to: holder.address)
        var head = HTTPRequest.peer(.get, PeerPath.blob(digest))
        if box.partial.offset > 0 { head.headerFields[.range] = "bytes=\(box.partial.offset)-" }
        let (answer, body) = try await connection.exchange(head)
        guard answer.status == .ok || answer.status == .partialContent else { return false }
        let transfer = Transfer(.pull, subject: holder.name, blob: digest)
        let start = box.partial.offset
        defer { note(fetched: box.partial.offset - start) }
        while let piece = try await body.next() {
            try box.partial.append(piece)
            report(.transferred(transfer, byteCount: box.partial.offset, total: size))
        }
        return true
    }

    /// What was received of the blob, which nobody else writes; nil when the blob is here, perhaps because another process
    /// fetched it meanwhile.
    func opened<Opened>(_ digest: BlobDigest, _ size: Int64, _ open: () throws -> Opened?) async throws -> Opened? {
        while true {
            if store.blobs.size(digest) == size { return nil }
            if let opened = try open() { return opened }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}

/// A download that grows while its pieces come.
// Safety: one task uses it at a time.
private final class PeerPartial: @unchecked Sendable {
    let partial: PartialBlob

    init(_ partial: PartialBlob) { self.partial = partial }
}
