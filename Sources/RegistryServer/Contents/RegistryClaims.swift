// What was pushed to this node's registry, as those who clean the store see it.
package import BlobStore
package import Cleaning
import Digests

package struct RegistryClaims: StoreClaims {
    private let contents: StoredContents
    /// Unix seconds.
    private let now: Int64

    /// Seconds for which a blob stays that no tag needs yet: whoever pushes an image sends its manifest last.
    private static let pushSeconds: Int64 = 24 * 60 * 60

    package init(_ contents: StoredContents, now: Int64) {
        self.contents = contents
        self.now = now
    }

    package func claims() throws -> [StoreClaim] {
        try contents.repos().compactMap { repo in
            let folder = contents.folder(repo)
            let isTagged = try !folder.tags().isEmpty
            // Nobody else may have what was pushed. What is kept of elsewhere, or packed of a local image, comes again.
            let blobs = try folder.blobs().filter { blob in
                isTagged || folder.blobTime(blob).map { now - $0 < Self.pushSeconds } ?? false
            }
            let needed = try blobs + folder.packed() + (isTagged ? folder.manifests() : [])
            guard !needed.isEmpty else { return nil }
            return StoreClaim("registry/" + repo.text, .root, lastUse: now, needs: needed.map(ItemName.blob))
        }
    }

    /// Pushes are removed by those who push.
    package func remove(_ item: ItemName) throws {}
}
