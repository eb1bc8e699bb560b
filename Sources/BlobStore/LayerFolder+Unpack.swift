// Layers and the blobs that they came in: a blob is believed to hold a layer only after it was seen to.
package import Digests
package import Layers
package import SystemPackage

extension LayerFolder {
    /// True when the layer is here, and the blob is known to unpack to it: an image that claims so may be believed.
    package func contains(_ diffID: BlobDigest, as blob: BlobDigest) -> Bool {
        guard contains(diffID) else { return false }
        // A tar is its own layer.
        if blob == diffID || seen.isKnown(blob, of: diffID) { return true }
        guard record(of: diffID)?.blobs.contains(where: { $0.digest == blob }) == true else { return false }
        seen.note(blob, of: diffID)
        return true
    }

    /// Unpacks the layer from a blob of the store, once even when several processes ask at the same time. Where the
    /// layer is here already, the blob is only read and compared. A blob that turns out to be damaged is removed.
    @discardableResult
    package func unpack(
        _ blob: BlobDigest, expecting diffID: BlobDigest, limits: LayerLimits = .standard,
        checkpoint: @escaping Checkpoint = {}
    ) throws -> FilePath {
        if let path = try unpackFirst(blob, diffID, limits, checkpoint) { return path }
        try verify(blob, unpacksTo: diffID, limits: limits, checkpoint: checkpoint)
        return try path(diffID)
    }

    /// Nil when the layer is here.
    private func unpackFirst(
        _ blob: BlobDigest, _ diffID: BlobDigest, _ limits: LayerLimits, _ checkpoint: @escaping Checkpoint
    ) throws -> FilePath? {
        if contains(diffID) { return nil }
        let lock = try lock(diffID, checkpoint)
        defer { lock.removeFile() }
        if contains(diffID) { return nil }
        let temporary = work.temporaryPath("layer")
        try Disk.makeDirectory(temporary)
        do {
            let reader = LayerReader(limits: limits, checkpoint: checkpoint)
            let layer = try reading(blob) {
                try reader.extract(from: $0, into: temporary.appending(Self.filesName), expecting: diffID)
            }
            let known = LayerRecord(
                origin: .base, times: .kept, byteCount: layer.byteCount,
                blobs: blobs.size(blob).map { [CompressedBlob(digest: blob, byteCount: $0)] } ?? [],
                unsyncedIn: Boot.current)
            return try place(temporary, known, as: diffID)
        } catch {
            try? TreeRemoval.remove(temporary)
            throw error
        }
    }

    /// Reads a blob of the store once to see that it unpacks to `diffID`, and remembers it where the layer is here.
    package func verify(
        _ blob: BlobDigest, unpacksTo diffID: BlobDigest, limits: LayerLimits = .standard,
        checkpoint: @escaping Checkpoint = {}
    ) throws {
        if contains(diffID, as: blob) { return }
        let reader = LayerReader(limits: limits, checkpoint: checkpoint)
        let actual = try reading(blob) { try reader.diffID(of: $0) }
        guard actual == diffID else { throw LayerError.wrongDiffID(expected: diffID, actual: actual) }
        guard let size = blobs.size(blob) else { return }
        try remember(CompressedBlob(digest: blob, byteCount: size), of: diffID)
        seen.note(blob, of: diffID)
    }

    private func reading<Value>(_ blob: BlobDigest, _ body: (ByteSource) throws -> Value) throws -> Value {
        let file = try blobs.open(blob)
        defer { try? file.close() }
        do {
            return try body(ByteSource(file))
        } catch let error as LayerError {
            // A bad layer, or a good one that rotted on this disk? The second is worth another fetch.
            switch error {
            case .damaged, .wrongDiffID, .refused, .exceeded: try blobs.verify(blob)
            case .system, .unfit, .wrongLocale: break
            }
            throw error
        }
    }

    /// Adds a compressed form that is known to be one to the record, if it is new.
    func remember(_ blob: CompressedBlob, of diffID: BlobDigest) throws {
        guard record(of: diffID)?.blobs.contains(where: { $0.digest == blob.digest }) == false else { return }
        let lock = try lock(diffID) {}
        defer { lock.removeFile() }
        try change(diffID) { $0.add(blob) }
    }
}
