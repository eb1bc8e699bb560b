// A node's layers and files for who asks: what it has, what it lacks, and how it gets that.
import BlobStore
import Building
import Digests
import Logging
package import Mesh
import Reports
import Stages

extension NodeHost {
    /// Threads that compress one layer for a peer.
    private static let compressionCores = 2

    @concurrent package func layerBlobs(_ query: LayerQuery) async -> LayerBlobs {
        let (store, threads) = (store, threads)
        return await withTaskExecutorPreference(threads) {
            LayerBlobs(
                blobs: query.diffIDs.compactMap { diffID in
                    guard store.layers.contains(diffID) else { return nil }
                    if query.isDoubted { self.checkBlobs(of: diffID) }
                    guard let blob = self.compressed(diffID) else { return nil }
                    return LayerBlob(diffID: diffID, blob: blob.digest, byteCount: blob.byteCount)
                })
        }
    }

    /// A peer got wrong bytes: damaged forms of the layer go, and it is compressed anew.
    private func checkBlobs(of diffID: BlobDigest) {
        guard let blob = compressed(diffID) else { return }
        do {
            try store.blobs.verify(blob.digest)
        } catch { logger.warning("a blob was damaged", metadata: ["blob": "\(blob.digest)", "reason": "\(error)"]) }
    }

    /// Nil when it can't be made; the log says why.
    private func compressed(_ diffID: BlobDigest) -> CompressedBlob? {
        do {
            return try store.layers.compressed(diffID, cores: Self.compressionCores)
        } catch {
            logger.error("a layer can't be given", metadata: ["layer": "\(diffID)", "reason": "\(error)"])
            return nil
        }
    }

    /// What neither this node nor, where a coordinator asks, any of its peers has.
    @concurrent package func lacking(_ query: NeedsQuery) async -> Lacking {
        await withTaskExecutorPreference(threads) { await lookedFor(query) }
    }

    private func lookedFor(_ query: NeedsQuery) async -> Lacking {
        let isCoordinator = IncomingCall.current?.peer.role != .node
        // What is said to be here stays for a while.
        try? store.pins.leaseBlobs(query.objects)
        try? store.pins.leaseLayers(query.layers.map(\.diffID))
        var objects = store.blobs.missing(of: query.objects)
        if isCoordinator, !objects.isEmpty { objects = await contexts.bring(objects) }
        var layers: [BlobDigest] = []
        // Peers are asked for layers one by one, and by coordinators only: nobody asks for another who asks.
        for layer in isCoordinator ? query.layers : [] where await !bring(layer) { layers.append(layer.diffID) }
        return Lacking(objects: objects, layers: layers)
    }

    func bring(_ layer: ShippedLayer) async -> Bool {
        if store.layers.contains(layer.diffID) { return true }
        if let blob = layer.blob, store.blobs.contains(blob) {
            let (store, threads) = (store, threads)
            let trouble = await withTaskExecutorPreference(threads) { () -> (any Error)? in
                do {
                    try store.layers.unpack(blob, expecting: layer.diffID)
                    return nil
                } catch { return error }
            }
            guard let trouble else { return true }
            logger.warning("a layer was not taken", metadata: ["layer": "\(layer.diffID)", "reason": "\(trouble)"])
        }
        layers.note(layer.holders, have: layer.diffID)
        do {
            return try await layers.bring(LayerName(diffID: layer.diffID, byteCount: layer.byteCount)) { _ in }
        } catch {
            logger.warning("a layer did not come", metadata: ["layer": "\(layer.diffID)", "reason": "\(error)"])
            return false
        }
    }
}
