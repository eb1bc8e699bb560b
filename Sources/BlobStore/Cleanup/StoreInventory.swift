// All items of a store, with their sizes and last uses: what is no item is not listed.
import Cleaning
import Digests
import Layers
import SystemPackage

struct StoreInventory {
    let store: Store
    /// The layers that a step's record names; nil when it is of no use.
    let layersOfStep: @Sendable ([UInt8]) -> [BlobDigest]?
    let kinds: Set<ItemKind>

    private var places: StorePlaces { StorePlaces(root: store.root) }

    /// Steps before layers: a step is written after its layer, so each that is listed finds its own.
    func items() throws -> [StoredItem] {
        var items = try list(.step, step)
        items += try list(.flattened, flattened)
        items += try list(.partial, file)
        items += try list(.blob, file)
        items += try list(.layer, layer)
        // The size of a cache is known only by a walk through it.
        if kinds.contains(.cache) { items += try list(.cache, cache) }
        return items
    }

    private func list(_ kind: ItemKind, _ item: (ItemName, FilePath) -> StoredItem?) throws -> [StoredItem] {
        guard let folder = places.folder(of: kind), Disk.isDirectory(folder) else { return [] }
        return try Directory(folder).names().compactMap { name in
            guard let text = String(validating: name, as: UTF8.self) else { return nil }
            let name = ItemName(kind, text)
            guard let path = places.path(of: name) else { return nil }
            return item(name, path)
        }
    }

    private func file(_ name: ItemName, _ path: FilePath) -> StoredItem? {
        guard let status = Disk.status(path), Disk.isRegular(status) else { return nil }
        return StoredItem(name, byteCount: Disk.storedBytes(status), lastUse: Disk.modified(status))
    }

    private func step(_ name: ItemName, _ path: FilePath) -> StoredItem? {
        guard let file = file(name, path) else { return nil }
        let record = store.steps.record.unnoted.read(path)
        let layers = record.flatMap(layersOfStep) ?? []
        return StoredItem(name, byteCount: file.byteCount, lastUse: file.lastUse, needs: layers.map(ItemName.layer))
    }

    private func layer(_ name: ItemName, _ path: FilePath) -> StoredItem? {
        guard let status = Disk.status(path), Disk.isDirectory(status), let diffID = BlobDigest(hex: name.text) else {
            return nil
        }
        let used = Disk.modified(path.appending(LayerFolder.recordName)) ?? Disk.modified(status)
        return StoredItem(name, byteCount: store.layers.record(of: diffID)?.byteCount ?? 0, lastUse: used)
    }

    /// Its files are those of its layers, and its directories small.
    private func flattened(_ name: ItemName, _ path: FilePath) -> StoredItem? {
        guard Disk.isDirectory(path), let used = Disk.modified(path.appending(LayerFolder.bootName)) else { return nil }
        let parts = try? Disk.read(path.appending(LayerFolder.partsName), atMost: LayerFolder.partsBytesMax)
        let layers = String(decoding: parts ?? [], as: UTF8.self).split(separator: "\n")
        return StoredItem(
            name, byteCount: 0, lastUse: used, needs: layers.map { ItemName(.layer, String($0)) })
    }

    private func cache(_ name: ItemName, _ path: FilePath) -> StoredItem? {
        guard let status = Disk.status(path), Disk.isDirectory(status) else { return nil }
        let used = places.marker(of: name).flatMap(Disk.modified) ?? 0
        return StoredItem(
            name, byteCount: Self.treeBytes(path), lastUse: max(used, Disk.modified(status)))
    }

    /// Bytes on the disk of all below `path`, as far as it can be looked at.
    private static func treeBytes(_ path: FilePath) -> Int64 {
        var (open, total) = ([path], Int64(0))
        while let folder = open.popLast() {
            for name in (try? Directory(folder).names()) ?? [] {
                let path = folder.appending(String(decoding: name, as: UTF8.self))
                guard let status = Disk.status(path) else { continue }
                total += Disk.storedBytes(status)
                if Disk.isDirectory(status) { open.append(path) }
            }
        }
        return total
    }
}
