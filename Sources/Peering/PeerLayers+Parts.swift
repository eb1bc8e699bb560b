// A big blob in parts, from holders that have it and from nodes that fetch it at the same time.
import Availability
import BlobStore
import Building
import Digests
import HTTPMessages
import HTTPTypes
import Logging
import Mesh
import Reports
import Transport

extension PeerLayers {
    /// Blobs of fewer bytes come from one holder, in order.
    static let splitBytesMin: Int64 = 16 << 20
    /// Holders of a whole blob that are used at once.
    static let sourcesMax = 4

    enum PartsEnd {
        case whole
        /// Nobody says what the parts are: it is fetched in order.
        case unknown
        /// Nobody gives the rest.
        case left
        /// All parts were what it said, and the blob is not.
        case wrong(claimer: Holder)
    }

    func fetchParts(
        _ digest: BlobDigest, _ parts: BlobParts, from holders: [Holder],
        _ report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> PartsEnd {
        guard let claim = try await claim(of: digest, from: holders) else { return .unknown }
        let opened = try await opened(digest, parts.size) { try self.store.blobs.scattered(digest, parts) }
        guard let blob = opened else { return .whole }
        var lines = ClaimedDigests(claim.lines, count: parts.count)
        let known = try await check(blob, &lines)
        let fetch = PartsFetch(blob, claimer: claim.holder, name: links.system.name)
        for digest in known { fetch.learn(digest) }
        arriving.begin(fetch)
        defer { arriving.end(fetch) }
        try await run(fetch, lines, holders, report)
        guard fetch.isComplete else { return .left }
        do {
            try await withTaskExecutorPreference(threads) { try blob.finish() }
        } catch StoreError.corrupt {
            logger.info("parts don't make the blob", metadata: ["blob": "\(digest)", "peer": "\(claim.holder.name)"])
            return .wrong(claimer: claim.holder)
        }
        cut.drop(digest)
        for holder in fetch.doubtedHolders { distrust(holder, "a part of \(digest) was wrong") }
        return .whole
    }

    // MARK: What the parts are

    /// The first holder that says what the parts are; nil when none of them knows how.
    private func claim(of digest: BlobDigest, from holders: [Holder]) async throws -> (holder: Holder, lines: Body)? {
        for holder in holders {
            do {
                let head = HTTPRequest.peer(.get, PeerPath.partDigests(digest))
                let (answer, body) = try await links.stream(to: holder.address).exchange(head)
                if answer.status == .ok { return (holder, body) }
                body.abandon()
            } catch {
                try Task.checkCancellation()
                logger.debug("no digests of parts", metadata: ["peer": "\(holder.name)", "reason": "\(error)"])
            }
        }
        return nil
    }

    /// What an earlier fetch left is kept where it is what the holder says. The digests that were needed for that.
    private func check(_ blob: ScatteredBlob, _ lines: inout ClaimedDigests) async throws -> [BlobDigest] {
        var digests: [BlobDigest] = []
        while digests.count < blob.foundCount, let digest = try? await lines.next() { digests.append(digest) }
        try Task.checkCancellation()
        let known = digests
        try await withTaskExecutorPreference(threads) {
            for (part, digest) in known.enumerated() { try blob.check(part, is: digest) }
        }
        return digests
    }
}
