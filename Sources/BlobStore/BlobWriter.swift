// A blob being written: hashed on the way, moved to its name when it is whole.
package import Digests
import SystemPackage

// Safety: bytes are written and hashed within one call.

package final class BlobWriter {
    private let folder: BlobFolder
    private let expected: BlobDigest?
    private let expectedSize: Int64?
    private let path: FilePath
    /// For code that writes by itself; then `finish(as:)` ends it.
    let file: FileDescriptor
    private var hasher: Digests.Hasher? = Digests.Hasher(.sha256)
    private var isPlaced = false
    /// Bytes so far.
    package private(set) var size: Int64 = 0

    init(_ folder: BlobFolder, expecting digest: BlobDigest?, size: Int64?) throws {
        self.folder = folder
        (expected, expectedSize) = (digest, size)
        path = folder.work.temporaryPath("blob")
        file = try Disk.create(path)
    }

    deinit {
        try? file.close()
        if !isPlaced { try? Disk.remove(path) }
    }

    package func append(_ bytes: UnsafeRawBufferPointer) throws {
        size += Int64(bytes.count)
        if let expectedSize, size > expectedSize {
            throw StoreError.wrongSize(of: "a blob", expected: expectedSize, actual: size)
        }
        do { _ = try unsafe file.writeAll(bytes) } catch { throw StoreError(error, "write", path) }
        unsafe hasher?.update(bytes)
    }

    package func append(_ bytes: [UInt8]) throws {
        try unsafe bytes.withUnsafeBytes { try unsafe append($0) }
    }

    /// Checks size and digest and gives the blob its name; not yet synced to the disk. Call once.
    package func finish() throws -> (digest: BlobDigest, size: Int64) {
        guard let hasher = hasher.take() else { preconditionFailure("a blob is finished once") }
        let digest = BlobDigest(finishing: hasher)
        if let expectedSize, size != expectedSize {
            throw StoreError.wrongSize(of: "a blob", expected: expectedSize, actual: size)
        }
        if let expected, expected != digest { throw StoreError.corrupt(expected: expected, actual: digest) }
        try finish(as: digest)
        return (digest, size)
    }

    /// The same where the digest became known with the last byte; bytes of another name are dropped, and never were a blob.
    package func finish(expecting digest: BlobDigest) throws -> Int64 {
        guard let hasher = hasher.take() else { preconditionFailure("a blob is finished once") }
        let actual = BlobDigest(finishing: hasher)
        guard actual == digest else { throw StoreError.corrupt(expected: digest, actual: actual) }
        try finish(as: digest)
        return size
    }

    /// For bytes that were hashed elsewhere.
    func finish(as digest: BlobDigest) throws {
        try Disk.rename(path, to: folder.path(of: digest))
        isPlaced = true
    }
}
