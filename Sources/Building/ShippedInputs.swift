// The project as a node sees it for one order: files of the store by their digests, and the secrets that came with it.
package import BlobStore
import Digests
import FileTrees
import Git
package import Mesh
package import Stages
package import SystemPackage

package struct ShippedInputs: StageInputs {
    private let store: Store
    private let contexts: [ShippedContext]
    private let secrets: [ShippedSecret]

    package init(_ order: ShippedOrder, store: Store) {
        self.store = store
        contexts = order.contexts
        secrets = order.secrets
    }

    package func writeContext(of stage: StageIndex, _ patterns: [String], into directory: FilePath) throws {
        guard let context = contexts.first(where: { $0.patterns == patterns }) else {
            throw BuildingError("the order came without its context for \(patterns.joined(separator: " "))")
        }
        let files = try context.entries.map { entry in
            guard let id = ObjectID(entry.digest.hex) else {
                throw BuildingError("\(GoPath.text(entry.path)) has no name")
            }
            return TreeFile(path: entry.path, kind: entry.fileKind, id: id, source: 0)
        }
        let names = Dictionary(context.entries.map { ($0.path, $0.objectID) }) { first, _ in first }
        try Materialiser.write(
            files, from: StoredFiles(blobs: store.blobs, names: names), into: directory,
            seconds: ImageContext.fileTime)
    }

    package func secret(_ id: String, of stage: StageIndex) throws -> [UInt8]? {
        secrets.first { $0.id == id }?.bytes
    }
}

extension ContextEntry {
    fileprivate var fileKind: FileKind {
        switch kind {
        case .file: .file
        case .executable: .executable
        case .link: .link
        }
    }
}

// Safety: the buffer lives for one call.

/// Files of contexts in the store: each is hashed before its first byte is used, and must bear the name that git gives
/// to its bytes where it came with one: that name is in the digest under which the result is kept.
private struct StoredFiles: FileContents {
    private static let chunkBytes = 256 << 10

    let blobs: BlobFolder
    /// By path.
    let names: [PathBytes: [UInt8]?]

    func read(_ files: [TreeFile], into sink: inout some FileSink) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunkBytes, alignment: 16)
        defer { unsafe buffer.deallocate() }
        for (index, file) in files.enumerated() {
            try Task.checkCancellation()
            guard let digest = BlobDigest(hex: file.id.hex) else {
                throw BuildingError("a file of a context has no name")
            }
            let open = try blobs.openVerified(digest)
            defer { try? open.close() }
            let size = blobs.size(digest) ?? 0
            let expected = names[file.path] ?? nil
            var hasher = Digests.Hasher(expected?.count == HashAlgorithm.sha256.byteCount ? .sha256 : .sha1)
            hasher.update("blob \(size)\0")
            try sink.begin(index, byteCount: Int(size))
            while case let count = try unsafe open.read(into: buffer), count > 0 {
                let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
                if expected != nil { unsafe hasher.update(bytes) }
                try unsafe sink.take(RawSpan(_unsafeBytes: bytes))
            }
            try sink.end()
            let actual = hasher.finish()
            guard expected == nil || actual == expected else {
                throw BuildingError("\(GoPath.text(file.path)) of a context has not the name that the order gives it")
            }
        }
    }
}
