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

    func note(fetched byteCount: Int64) { state.withLock { $0.fetchedBytes += byteCount } }

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

    func isLiar(_ holder: Holder) -> Bool { state.withLock { $0.liars[holder.name] != nil } }

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
}
