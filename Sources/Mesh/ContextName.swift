// The name of what patterns take of a context: the same for who reads the project and for who is sent its files.
import Digests

/// SHA-256 over path, kind and content of each file, in their order. The content is git's object id, and the SHA-256 of
/// the bytes where git has none.
package struct ContextName: ~Copyable {
    private var hasher = Digests.Hasher(.sha256)

    package init() {}

    /// `path` from the context's folder; `content` has 20 or 32 bytes, and its length is hashed before it.
    package mutating func add(path: [UInt8], kind: ContextEntry.Kind, content: [UInt8], isGit: Bool) {
        hasher.update(path)
        hasher.update([0, kind.rawValue, isGit ? 1 : 0, UInt8(truncatingIfNeeded: content.count)])
        hasher.update(content)
    }

    package consuming func finish() -> String { BlobDigest(finishing: hasher).hex }
}

extension ShippedContext {
    package var name: String {
        var name = ContextName()
        for entry in entries {
            name.add(
                path: entry.path, kind: entry.kind, content: entry.objectID ?? entry.digest.rawBytes,
                isGit: entry.objectID != nil)
        }
        return name.finish()
    }
}
