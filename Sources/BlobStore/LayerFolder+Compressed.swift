// The compressed blob of a layer: a known one, or made again from the layer's files.
package import Digests
package import Layers
package import SystemPackage

extension LayerFolder {
    /// Hashes and compresses an upper directory into a blob of the store, in one pass. Nil when nothing was changed:
    /// such a layer is left out of an image.
    package func compress(
        _ upper: FilePath, times: LayerTimes, cores: Int, checkpoint: @escaping Checkpoint = {}
    ) throws -> (summary: LayerSummary, blob: CompressedBlob)? {
        let writer = try blobs.begin()
        let layer = try LayerWriter(times: times, checkpoint: checkpoint)
            .writeCompressed(upper, to: writer.file, cores: cores)
        guard !layer.summary.isEmpty else { return nil }
        try writer.finish(as: layer.blob)
        let blob = CompressedBlob(
            digest: layer.blob, byteCount: layer.blobByteCount, compressor: GzipMembers.compressor)
        return (layer.summary, blob)
    }

    /// A compressed form that is in the store. When none is, the layer is written and compressed again; its diff id
    /// must come out, which for a stranger's layer it seldom does.
    package func compressed(
        _ diffID: BlobDigest, cores: Int, checkpoint: @escaping Checkpoint = {}
    ) throws -> CompressedBlob {
        try pins.leaseLayers([diffID])
        guard let known = record(of: diffID) else { throw StoreError.absentLayer(diffID) }
        if let blob = known.blobs.last(where: { blobs.size($0.digest) == $0.byteCount }) { return blob }
        let writer = try blobs.begin()
        let layer = try LayerWriter(times: known.times, checkpoint: checkpoint)
            .writeCompressed(path(diffID), to: writer.file, cores: cores)
        guard layer.summary.diffID == diffID else {
            throw StoreError.notReproducible(expected: diffID, actual: layer.summary.diffID)
        }
        try writer.finish(as: layer.blob)
        let blob = CompressedBlob(
            digest: layer.blob, byteCount: layer.blobByteCount, compressor: GzipMembers.compressor)
        try remember(blob, of: diffID)
        return blob
    }
}
