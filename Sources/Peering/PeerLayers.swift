// Layers from other nodes: the likeliest holder first, on from where one breaks off, and nothing believed unseen.
import Availability
package import BlobStore
package import Building
package import Digests
import HTTPMessages
import HTTPTypes
package import Images
package import Logging
import Mesh
package import Reports
package import Stages
import Synchronization
import Transport

package final class PeerLayers: LayersElsewhere {
    /// A node to ask.
    package struct Holder: Hashable, Sendable {
        package let name: String
        package let address: PeerAddress

        package init(name: String, address: PeerAddress) {
            self.name = name
            self.address = address
        }
    }

    private struct State {
        /// By diff id, names of nodes that are said to have the layer.
        var hints: [BlobDigest: [String]] = [:]
        /// Nodes that gave wrong bytes, and how often: asked last.
        var liars: [String: Int] = [:]
        var fetchedBytes: Int64 = 0
    }

    /// Layers of which hints are kept.
    private static let hintsMax = 100_000
    /// Peers that are asked for a layer of which nobody said where it is.
    private static let askedMax = 16

    let store: Store
    let links: PeerLinks
    let threads: BlockingThreads
    let nodes: @Sendable () -> [Holder]
    let beliefs: any Beliefs
    let logger: Logger
    /// What is fetched in parts, for others who fetch it.
    package let arriving = ArrivingBlobs()
    let cut = CutParts()
    private let state = Mutex(State())

    /// - Parameters:
    ///   - nodes: those that live, nearest first.
    ///   - beliefs: which of them hold what, as gossip has it.
    package init(
        store: Store, links: PeerLinks, threads: BlockingThreads, nodes: @escaping @Sendable () -> [Holder],
        beliefs: any Beliefs, logger: Logger
    ) {
        self.store = store
        self.links = links
        self.threads = threads
        self.nodes = nodes
        self.beliefs = beliefs
        self.logger = logger
    }

    package var fetchedBytes: Int64 { state.withLock { $0.fetchedBytes } }

    package func note(_ names: [String], have diffID: BlobDigest) {
        guard !names.isEmpty else { return }
        state.withLock { state in
            if state.hints.count >= Self.hintsMax { state.hints.removeAll() }
            state.hints[diffID] = names
        }
    }

    package func bring(
        _ layer: LayerName, report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> Bool {
        for holder in await holders(of: layer.diffID) {
            // A disk may have rotted there: the holder is told once that what it gave is wrong.
            do {
                if try await fetch(layer, from: holder, isDoubted: false, report) { return true }
            } catch StoreError.corrupt {
                do {
                    if try await fetch(layer, from: holder, isDoubted: true, report) { return true }
                } catch  where !(error is CancellationError) { try distrustOrThrow(holder, error) }
            } catch  where !(error is CancellationError) {
                try distrustOrThrow(holder, error)
            }
        }
        return false
    }

    private func fetch(
        _ layer: LayerName, from holder: Holder, isDoubted: Bool, _ report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> Bool {
        guard let blob = try await blob(of: layer.diffID, at: holder, isDoubted: isDoubted) else { return false }
        let sources = isDoubted ? [holder] : await sources(of: blob.blob, size: blob.byteCount, beside: holder)
        guard try await fetch(blob.blob, size: blob.byteCount, from: sources, isWhole: isDoubted, report) else {
            return false
        }
        try await unpack(blob.blob, layer.diffID)
        return true
    }

    package func bring(
        blob: Descriptor, of diffID: BlobDigest, report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> Bool {
        for holder in await holders(of: diffID) {
            do {
                let sources = await sources(of: blob.digest, size: blob.size, beside: holder)
                if try await fetch(blob.digest, size: blob.size, from: sources, report) { return true }
            } catch  where !(error is CancellationError) {
                try distrustOrThrow(holder, error)
            }
        }
        return false
    }

    /// Those who are said to have it, then others that live; whoever lied before comes last.
    private func holders(of diffID: BlobDigest) async -> [Holder] {
        let (hints, liars) = state.withLock { ($0.hints[diffID] ?? [], $0.liars) }
        let order = await beliefs.order(
            nodes(), for: HeldName(layer: diffID), hints: hints, othersMax: Self.askedMax)
        return order.filter { liars[$0.name] == nil } + order.filter { liars[$0.name] != nil }
    }

    private func blob(of diffID: BlobDigest, at holder: Holder, isDoubted: Bool) async throws -> LayerBlob? {
        do {
            let (_, desk) = try await links.node(at: holder.address)
            let answer = try await desk.layerBlobs(LayerQuery(diffIDs: [diffID], isDoubted: isDoubted))
            let blob = answer.blobs.first { $0.diffID == diffID }
            beliefs.note(HeldName(layer: diffID), wasAt: holder.name, blob != nil)
            return blob
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            logger.debug("a node was not asked", metadata: ["peer": "\(holder.name)", "reason": "\(error)"])
            return nil
        }
    }

    /// A full disk is nobody else's fault.
    private func distrustOrThrow(_ holder: Holder, _ error: any Error) throws {
        if let error = error as? StoreError, error.isDiskFull { throw error }
        let reason = "\(error)"
        switch error {
        case is StoreError, is NodeTrouble: break
        default: logger.debug("a fetch ended", metadata: ["peer": "\(holder.name)", "reason": "\(reason)"])
        }
        if case StoreError.corrupt = error { distrust(holder, reason) }
    }

    func distrust(_ holder: Holder, _ reason: String) {
        state.withLock { $0.liars[holder.name, default: 0] += 1 }
        logger.warning(
            "a peer gave wrong bytes and is asked last", metadata: ["peer": "\(holder.name)", "reason": "\(reason)"])
    }

    private func unpack(_ blob: BlobDigest, _ diffID: BlobDigest) async throws {
        let layers = store.layers
        try await withTaskExecutorPreference(threads) {
            _ = try layers.unpack(blob, expecting: diffID) { try Task.checkCancellation() }
        }
    }

    // MARK: One blob

    /// The holder, and for a big blob others that have the very same bytes at hand.
    private func sources(of blob: BlobDigest, size: Int64, beside holder: Holder) async -> [Holder] {
        guard size >= Self.splitBytesMin else { return [holder] }
        let all = nodes()
        let liars = state.withLock { $0.liars }
        let others = await beliefs.holders(of: HeldName(blob: blob)).compactMap { name in
            all.first { $0.name == name && name != holder.name && liars[name] == nil }
        }
        return Array(([holder] + others).prefix(Self.sourcesMax))
    }

    /// Fetches a blob, with what an earlier try left: a big one in parts from all holders and those who fetch it, too;
    /// otherwise in order from the first, which is also asked alone for what the others did not give. False when that does
    /// not have it.
    private func fetch(
        _ digest: BlobDigest, size: Int64, from holders: [Holder], isWhole: Bool = false,
        _ report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> Bool {
        guard let holder = holders.first else { return true }
        guard size >= Self.splitBytesMin, !isWhole else {
            return try await fetchInOrder(digest, size: size, from: holder, report)
        }
        for sources in holders.count > 1 ? [holders, [holder]] : [holders] {
            switch try await fetchParts(digest, size: size, from: sources, report) {
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

    private func fetchInOrder(
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
        while let piece = try await body.next() {
            try box.partial.append(piece)
            report(.transferred(transfer, byteCount: box.partial.offset, total: size))
        }
        note(fetched: box.partial.offset - start)
        return true
    }

    func note(fetched byteCount: Int64) { state.withLock { $0.fetchedBytes += byteCount } }

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
