// Layers after a crash of the host: what is not known to be on the disk is looked at once before it is believed.
package import Digests
import Layers
import SystemPackage

extension LayerFolder {
    /// Puts the layers' files on the disk, all with one call. A layer that was unpacked needs it: a stranger's tar
    /// can't be made again of its files, so nobody could tell after a crash whether they are whole.
    package func sync(_ diffIDs: [BlobDigest]) throws {
        let unsynced = diffIDs.filter { record(of: $0)?.unsyncedIn == Boot.current }
        guard !unsynced.isEmpty else { return }
        try Directory(path).syncFileSystem()
        for diffID in unsynced { try change(diffID) { $0.unsyncedIn = nil } }
    }

    /// Whether a layer that was not synced before the host was started again is whole. One that was made here is read
    /// once, and must give its bytes again: what was read after a restart is on the disk. Any other is removed.
    func survived(_ diffID: BlobDigest) -> Bool {
        guard let known = record(of: diffID) else { return false }
        do {
            if known.origin == .built, try summary(of: diffID, known).diffID == diffID {
                // Not under the layer's lock, which the caller may hold: at worst a blob's name is forgotten.
                try change(diffID) { $0.unsyncedIn = nil }
                return true
            }
            log("the layer \(diffID) may not have survived the last stop of this host: it will be brought again")
        } catch {
            log("the layer \(diffID), made before this host was started again, can't be read: \(error)")
        }
        try? remove(diffID)
        return false
    }

    private func summary(of diffID: BlobDigest, _ known: LayerRecord) throws -> LayerSummary {
        try LayerWriter(times: known.times).summarize(path.appending(diffID.hex).appending(Self.filesName))
    }
}
