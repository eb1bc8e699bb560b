// A download in parts: what was received stays on the disk and is hashed again before the rest is added.
package import Digests
package import SystemPackage

// Safety: bytes are written and hashed within one call.

/// `partial/<hex>`; its lock is a file beside it, held while the object lives. Dropping it keeps what was received.
package final class PartialBlob {
    package let digest: BlobDigest
    /// Bytes on the disk: where the next `append` goes, and where a request should start.
    package private(set) var offset: Int64
    private let size: Int64?
    private let folder: BlobFolder
    private let file: FileDescriptor
    private let lock: FileLock
    private var hasher: Digests.Hasher?

    private init(
        _ digest: BlobDigest, size: Int64?, folder: BlobFolder, file: FileDescriptor, lock: FileLock
    ) throws {
        (self.digest, self.size, self.folder, self.file, self.lock) = (digest, size, folder, file, lock)
        let path = folder.partials.appending(digest.hex)
        offset = try Disk.size(file, path)
        if let size, try offset > size || offset == size && !Self.isWhole(digest, file, path) {
            try Self.cut(file, path)
            offset = 0
        }
        hasher = try BlobFolder.hash(file, path)
    }

    /// A file that is as long as the blob and is not the blob has holes, which a `ScatteredBlob` left, or wrong bytes.
    private static func isWhole(_ digest: BlobDigest, _ file: FileDescriptor, _ path: FilePath) throws -> Bool {
        digest == BlobDigest(finishing: try BlobFolder.hash(file, path))
    }

    deinit { try? file.close() }

    static func open(_ digest: BlobDigest, size: Int64?, in folder: BlobFolder) throws -> PartialBlob? {
        guard let (file, lock) = try file(digest, in: folder) else { return nil }
        return try PartialBlob(digest, size: size, folder: folder, file: file, lock: lock)
    }

    /// What was received of a blob, open and locked; nil while another process or thread has it.
    static func file(_ digest: BlobDigest, in folder: BlobFolder) throws -> (FileDescriptor, FileLock)? {
        let path = folder.partials.appending(digest.hex)
        guard let lock = try FileLock.take(lockPath(path)) else { return nil }
        do {
            let file = try FileDescriptor.open(
                path, .readWrite, options: [.create, .closeOnExec, .noFollow],
                permissions: [.ownerRead, .ownerWrite])
            return (file, lock)
        } catch { throw StoreError(error, "open", path) }
    }

    static func lockPath(_ path: FilePath) -> FilePath { FilePath(path.string + ".lock") }

    private static func cut(_ file: FileDescriptor, _ path: FilePath) throws {
        do { try file.resize(to: 0) } catch { throw StoreError(error, "cut", path) }
    }

    /// A second descriptor of what is received, which stays readable after `finish`; the caller closes it. Bytes before
    /// `offset` are there, and nothing is verified until `finish` came back.
    package func reader() throws -> FileDescriptor {
        do {
            return try file.duplicate()
        } catch { throw StoreError(error, "open", folder.partials.appending(digest.hex)) }
    }

    package func append(_ bytes: UnsafeRawBufferPointer) throws {
        if let size, offset + Int64(bytes.count) > size {
            throw StoreError.wrongSize(
                of: "blob \(digest)", expected: size, actual: offset + Int64(bytes.count))
        }
        do {
            _ = try unsafe file.writeAll(toAbsoluteOffset: offset, bytes)
        } catch { throw StoreError(error, "write", folder.partials.appending(digest.hex)) }
        unsafe hasher?.update(bytes)
        offset += Int64(bytes.count)
    }

    package func append(_ bytes: [UInt8]) throws {
        try unsafe bytes.withUnsafeBytes { try unsafe append($0) }
    }

    /// Forgets what was received, because its source is not to be believed; the next `append` is the first.
    package func restart() throws {
        try Self.cut(file, folder.partials.appending(digest.hex))
        offset = 0
        hasher = Digests.Hasher(.sha256)
    }

    /// Verifies all of it and gives the blob its name. Wrong bytes are removed and reported as `corrupt`. Call once.
    package func finish() throws {
        guard let hasher = hasher.take() else { preconditionFailure("a blob is finished once") }
        let path = folder.partials.appending(digest.hex)
        if let size, offset != size {
            throw StoreError.wrongSize(of: "blob \(digest)", expected: size, actual: offset)
        }
        let actual = BlobDigest(finishing: hasher)
        if actual == digest {
            try Disk.rename(path, to: folder.path(of: digest))
        } else {
            try Disk.remove(path)
        }
        lock.removeFile()
        guard actual == digest else { throw StoreError.corrupt(expected: digest, actual: actual) }
    }

    /// Removes what was received, because its source is not to be believed or its space is needed.
    package func discard() throws {
        try Disk.remove(folder.partials.appending(digest.hex))
        lock.removeFile()
    }
}
