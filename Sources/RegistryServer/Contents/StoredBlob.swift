// A blob that is on the disk, open for reading.
package import Digests
package import SystemPackage

package final class StoredBlob: Sendable {
    package let digest: BlobDigest
    package let size: Int64
    let file: FileDescriptor

    /// Takes over `file`, and closes it with its last reference.
    package init(_ digest: BlobDigest, size: Int64, file: FileDescriptor) {
        (self.digest, self.size, self.file) = (digest, size, file)
    }

    deinit { try? file.close() }
}

// Safety: the buffer lives for one call.
extension StoredBlob {
    /// Fewer bytes at the end of the file.
    func read(at offset: Int64, atMost count: Int) throws -> [UInt8] {
        try unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = try unsafe file.read(fromAbsoluteOffset: offset, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }
}
