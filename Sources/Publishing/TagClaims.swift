// Images of local repos, and what is remembered of registries, as those who clean the store see them.
package import BlobStore
package import Cleaning
import Planning

package struct TagClaims: StoreClaims {
    private let store: Store

    package init(_ store: Store) { self.store = store }

    package func claims() throws -> [StoreClaim] {
        try store.tags.projects().flatMap { project in
            let tags = try store.tags.list(project)
            let all = Set(tags)
            // A rejected stage is of no use, and the tag that says so needs nothing.
            let usable = tags.filter {
                !$0.hasSuffix(TagListing.rejectedSuffix) && !all.contains($0 + TagListing.rejectedSuffix)
            }
            return try usable.compactMap { try claim($0, project) }
        }
    }

    private func claim(_ tag: String, _ project: String) throws -> StoreClaim? {
        let seen: (contents: [UInt8], lastUse: Int64)?
        do {
            seen = try store.tags.look(at: tag, of: project)
        } catch StoreError.badName { return nil }
        guard let seen, let summary = StageSummary(text: String(decoding: seen.contents, as: UTF8.self)) else {
            return nil
        }
        let documents = [summary.manifestDigest, summary.configDigest].map(ItemName.blob)
        // Layers of a registry's stage are the registry's to keep.
        let isMemory = project.hasPrefix(RegistryImages.cachePrefix) && summary.boot == nil
        return StoreClaim(
            project + "/" + tag, isMemory ? .memory : .image, lastUse: seen.lastUse,
            needs: isMemory ? documents : documents + summary.diffIDs.map(ItemName.layer))
    }

    package func remove(_ item: ItemName) throws {
        let parts = item.text.split(separator: "/", maxSplits: 1)
        guard parts.count == 2 else { return }
        try store.tags.remove(String(parts[1]), of: String(parts[0]))
    }
}
