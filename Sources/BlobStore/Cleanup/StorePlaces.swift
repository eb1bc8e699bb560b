// Where items of the store lie, and which names are items at all: whatever else stands in its folders is left alone.
import Cleaning
import Digests
import SystemPackage

struct StorePlaces: Sendable {
    let root: FilePath

    var trash: FilePath { root.appending("trash") }
    /// Held by the one who cleans.
    var cleaningLock: FilePath { root.appending(".cleanup.lock") }

    func folder(of kind: ItemKind) -> FilePath? {
        switch kind {
        case .step: root.appending("steps")
        case .layer, .flattened: root.appending("layers")
        case .blob: root.appending("blobs").appending("sha256")
        case .partial: root.appending("partial")
        case .cache: root.appending("caches")
        case .memory, .image: nil
        }
    }

    /// Nil for what is no file or folder of the store itself.
    func path(of item: ItemName) -> FilePath? {
        guard Self.isName(item) else { return nil }
        return folder(of: item.kind)?.appending(item.text)
    }

    /// The file whose time is the item's last use.
    func marker(of item: ItemName) -> FilePath? {
        guard let path = path(of: item) else { return nil }
        switch item.kind {
        case .layer: return path.appending(LayerFolder.recordName)
        case .flattened: return path.appending(LayerFolder.bootName)
        case .cache: return FilePath(path.string + ".lock")
        default: return path
        }
    }

    /// A digest, as the store writes it; no other name is ever taken away.
    static func isName(_ item: ItemName) -> Bool {
        switch item.kind {
        case .step: StageDigest(item.text)?.hex == item.text
        case .layer, .blob, .partial: BlobDigest(hex: item.text) != nil
        case .flattened: isFlat(item.text)
        case .cache: isCache(item.text)
        case .memory, .image: true
        }
    }

    private static func isFlat(_ text: String) -> Bool {
        guard text.hasPrefix(LayerFolder.flatPrefix) else { return false }
        return BlobDigest(hex: text.dropFirst(LayerFolder.flatPrefix.utf8.count)) != nil
    }

    /// The digest of its id, and the number of a private one.
    private static func isCache(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = parts.first, BlobDigest(hex: first) != nil else { return false }
        return parts.count == 1 || Int(parts[1]).map { "\($0)" == parts[1] && $0 >= 0 } ?? false
    }
}
