// Unpacked layers by diff id, ready to be mounted.
package import Digests
package import Layers
package import SystemPackage

package struct LayerFolder: Sendable {
    let path: FilePath
    let blobs: BlobFolder
    let work: WorkArea
    let pins: Pins
    let log: @Sendable (String) -> Void
    let record: SealedRecord
    let seen = KnownLayers()

    /// Bytes of a layer's record.
    private static let recordBytesMax = 64 << 10
    static let recordName = "layer"
    /// What a layer's folder calls the directory with its files.
    package static let filesName = "fs"

    init(
        path: FilePath, blobs: BlobFolder, work: WorkArea, pins: Pins, log: @escaping @Sendable (String) -> Void
    ) {
        (self.path, self.blobs, self.work, self.pins, self.log) = (path, blobs, work, pins, log)
        record = SealedRecord(kind: "layer", version: 2, bytesMax: Self.recordBytesMax, log: log)
    }

    /// Nil when the layer is absent, or its record damaged.
    package func record(of diffID: BlobDigest) -> LayerRecord? {
        let path = folder(of: diffID)
        guard let bytes = record.read(path.appending(Self.recordName)) else { return nil }
        guard let found = LayerRecord(text: String(decoding: bytes, as: UTF8.self)) else {
            _ = record.reject(path, "it has unknown lines")
            return nil
        }
        return Disk.isDirectory(path.appending(Self.filesName)) ? found : nil
    }

    /// Asked for every layer of every stage: of a layer whose record was read only the directory is looked for.
    package func contains(_ diffID: BlobDigest) -> Bool {
        if let layer = seen[diffID] { return Disk.isDirectory(layer.path) }
        return isWhole(diffID) || survived(diffID)
    }

    /// Whether it is here without doubt: not one whose files a crash of the host may have lost.
    func isWhole(_ diffID: BlobDigest) -> Bool {
        guard let record = record(of: diffID) else { return false }
        return record.unsyncedIn.map { $0 == Boot.current } ?? true
    }

    /// As `contains`, of a layer that was contained during the boot `boot` of the host: within a boot it can only have
    /// been taken away.
    package func contains(_ diffID: BlobDigest, seenIn boot: String?) -> Bool {
        guard boot == Boot.current else { return contains(diffID) }
        return Disk.isDirectory(folder(of: diffID).appending(Self.filesName))
    }

    /// Names the boot of the host for `contains`; two are never named alike.
    package var boot: String { Boot.current }

    /// The directory in the form of an overlay's upper one. Nobody writes into it.
    package func path(_ diffID: BlobDigest) throws(StoreError) -> FilePath {
        guard contains(diffID) else { throw .absentLayer(diffID) }
        return folder(of: diffID).appending(Self.filesName)
    }

    /// Takes over `folder` by renaming it. It holds nothing but the upper directory that `summary` was made of, under
    /// `filesName`; it must lie on the store's file system, and nothing may have the directory mounted. Where the layer
    /// exists already, the folder is removed.
    @discardableResult
    package func adopt(
        _ folder: FilePath, _ summary: LayerSummary, blob: CompressedBlob? = nil
    ) throws -> FilePath {
        do {
            let known = LayerRecord(
                origin: .built, times: summary.times, byteCount: summary.byteCount, blobs: blob.map { [$0] } ?? [],
                unsyncedIn: Boot.current)
            return try place(folder, known, as: summary.diffID)
        } catch {
            try? TreeRemoval.remove(folder)
            throw error
        }
    }

    /// Gives a finished folder its name; the loser of a race removes its own.
    func place(_ temporary: FilePath, _ known: LayerRecord, as diffID: BlobDigest) throws -> FilePath {
        let sealed = try record.sealed(Array(known.text.utf8))
        try Disk.write(sealed, to: temporary.appending(Self.recordName))
        let target = folder(of: diffID)
        try pins.leaseLayers([diffID])
        while try !Disk.placeDirectory(temporary, at: target) {
            if contains(diffID) {
                try TreeRemoval.remove(temporary)
                break
            }
            // Only a damaged one stands there.
            try remove(diffID)
        }
        return target.appending(Self.filesName)
    }

    /// Two that change a record at the same time without the layer's lock: one of the changes is lost.
    func change(_ diffID: BlobDigest, _ body: (inout LayerRecord) -> Void) throws {
        guard var known = record(of: diffID) else { return }
        body(&known)
        let temporary = work.temporaryPath("record")
        do {
            try Disk.write(record.sealed(Array(known.text.utf8)), to: temporary)
            try Disk.rename(temporary, to: folder(of: diffID).appending(Self.recordName))
        } catch {
            try? Disk.remove(temporary)
            throw error
        }
    }

    /// Moves the layer away and removes it; nothing there is no error. Nobody may have it mounted.
    package func remove(_ diffID: BlobDigest) throws {
        let temporary = work.temporaryPath("removed")
        guard Disk.isDirectory(folder(of: diffID)) else { return }
        try Disk.rename(folder(of: diffID), to: temporary)
        seen[diffID] = nil
        try TreeRemoval.remove(temporary)
    }

    /// A layer with what a mount must know of it; its record is read once per process.
    func known(_ diffID: BlobDigest) throws -> KnownLayers.Layer {
        if let layer = seen[diffID] { return layer }
        let path = try path(diffID)
        let layer = KnownLayers.Layer(path: path, isOpaque: try Directory(path).file().isOpaque)
        seen[diffID] = layer
        return layer
    }

    func lock(_ diffID: BlobDigest, _ checkpoint: Checkpoint) throws -> FileLock {
        try FileLock.wait(path.appending(diffID.hex + ".lock"), checkpoint: checkpoint)
    }

    private func folder(of diffID: BlobDigest) -> FilePath { path.appending(diffID.hex) }
}
