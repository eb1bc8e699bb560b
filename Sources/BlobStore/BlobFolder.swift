// Blobs by digest: whatever lies here was verified when it was written.
package import Digests
import Glibc
import Layers
package import SystemPackage

// Safety: buffers live for one call.

package struct BlobFolder: Sendable {
    let path: FilePath
    let partials: FilePath
    let work: WorkArea

    /// Bytes that are read and hashed at a time.
    static let chunkBytes = 256 << 10

    package func path(of digest: BlobDigest) -> FilePath { path.appending(digest.hex) }

    package func contains(_ digest: BlobDigest) -> Bool { size(digest) != nil }

    /// Those that are absent, of a great many: looked for without a path value each.
    package func missing(of digests: [BlobDigest]) -> [BlobDigest] {
        let prefix = path.string + "/"
        return digests.filter { unsafe access(prefix + $0.hex, F_OK) != 0 }
    }

    /// Bytes of the blob; nil when it is absent.
    package func size(_ digest: BlobDigest) -> Int64? { Disk.size(path(of: digest)) }

    /// The whole blob, verified. A damaged one is removed and reported as `corrupt`.
    package func read(_ digest: BlobDigest, atMost bytesMax: Int) throws -> [UInt8] {
        guard let bytes = try Disk.read(path(of: digest), atMost: bytesMax, noting: UseInterval.usual) else {
            throw StoreError.absentBlob(digest)
        }
        try require(digest, is: BlobDigest(of: bytes))
        return bytes
    }

    /// A descriptor that the caller closes. What is read from it is not verified: use `openVerified`, or check the
    /// bytes where they go.
    package func open(_ digest: BlobDigest) throws -> FileDescriptor {
        do {
            let file = try FileDescriptor.open(path(of: digest), .readOnly, options: [.closeOnExec, .noFollow])
            if let status = try? Disk.status(file, path(of: digest)) { Disk.noteUse(file, status, UseInterval.usual) }
            return file
        } catch Errno.noSuchFileOrDirectory {
            throw StoreError.absentBlob(digest)
        } catch { throw StoreError(error, "open", path(of: digest)) }
    }

    /// The same after hashing all of it; the position is at the beginning. The caller closes it.
    package func openVerified(_ digest: BlobDigest) throws -> FileDescriptor {
        let file = try open(digest)
        do {
            try require(digest, is: BlobDigest(finishing: Self.hash(file, path(of: digest))))
            return file
        } catch {
            try? file.close()
            throw error
        }
    }

    /// Hashes the blob on the disk; a damaged one is removed and reported as `corrupt`.
    package func verify(_ digest: BlobDigest) throws { try openVerified(digest).close() }

    private func require(_ digest: BlobDigest, is actual: BlobDigest) throws {
        guard digest != actual else { return }
        try Disk.remove(path(of: digest))
        throw StoreError.corrupt(expected: digest, actual: actual)
    }

    /// Hashes `file` from its beginning.
    static func hash(_ file: FileDescriptor, _ path: FilePath) throws -> Digests.Hasher {
        var hasher = Digests.Hasher(.sha256)
        try hash(0..<Int64.max, of: file, path, into: &hasher)
        return hasher
    }

    /// Gives `hasher` these bytes of `file`, as far as there are any.
    static func hash(
        _ bytes: Range<Int64>, of file: FileDescriptor, _ path: FilePath, into hasher: inout Digests.Hasher
    ) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunkBytes, alignment: 16)
        defer { unsafe buffer.deallocate() }
        var offset = bytes.lowerBound
        do {
            while offset < bytes.upperBound {
                let room = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: buffer[..<Int(min(Int64(chunkBytes), bytes.upperBound - offset))])
                let count = try unsafe file.read(fromAbsoluteOffset: offset, into: room)
                if count == 0 { return }
                unsafe hasher.update(UnsafeRawBufferPointer(rebasing: room[..<count]))
                offset += Int64(count)
            }
        } catch { throw StoreError(error, "read", path) }
    }

    static func digest(of bytes: Range<Int64>, in file: FileDescriptor, _ path: FilePath) throws -> BlobDigest {
        var hasher = Digests.Hasher(.sha256)
        try hash(bytes, of: file, path, into: &hasher)
        return BlobDigest(finishing: &hasher)
    }

    /// The digest of some bytes of a blob that is open as `file`: of what its file has there, which is not verified.
    package func digest(of bytes: Range<Int64>, of blob: BlobDigest, in file: FileDescriptor) throws -> BlobDigest {
        try Self.digest(of: bytes, in: file, path(of: blob))
    }

    /// Starts a blob whose bytes come piece by piece. `digest` and `size` are checked if they are given.
    package func begin(expecting digest: BlobDigest? = nil, size: Int64? = nil) throws -> BlobWriter {
        try BlobWriter(self, expecting: digest, size: size)
    }

    /// Writes a blob with what `body` appends; nothing is kept after an error. Its digest and size.
    @discardableResult
    package func write(
        expecting digest: BlobDigest? = nil, size: Int64? = nil, _ body: (BlobWriter) throws -> Void
    ) throws -> (digest: BlobDigest, size: Int64) {
        let writer = try begin(expecting: digest, size: size)
        try body(writer)
        return try writer.finish()
    }

    /// A download that may go on where an earlier one stopped. Nil while another process or thread writes it.
    package func partial(_ digest: BlobDigest, size: Int64? = nil) throws -> PartialBlob? {
        try PartialBlob.open(digest, size: size, in: self)
    }

    /// Whether parts of it came in any order before: an in-order download would begin anew.
    package func isScattered(_ digest: BlobDigest, _ parts: BlobParts) -> Bool {
        Disk.size(partials.appending(digest.hex)) == parts.size
    }

    /// The same for parts that come in any order.
    package func scattered(_ digest: BlobDigest, _ parts: BlobParts) throws -> ScatteredBlob? {
        try ScatteredBlob.open(digest, parts, in: self)
    }

    /// Seconds after which a download that nobody goes on with is given up: 7 days.
    package static let partialSecondsMax: Int64 = 7 * 24 * 60 * 60

    /// Removes downloads that nobody holds and that got no byte for `partialSecondsMax`.
    func removeOldPartials(now: Int64) throws {
        for name in try Directory(partials).names() {
            let path = partials.appending(String(decoding: name, as: UTF8.self))
            guard path.extension == nil, Self.isOld(path, now),
                let lock = try FileLock.take(PartialBlob.lockPath(path))
            else { continue }
            // Somebody may have gone on with it until now.
            if Self.isOld(path, now) { try Disk.remove(path) }
            lock.removeFile()
        }
    }

    private static func isOld(_ path: FilePath, _ now: Int64) -> Bool {
        Disk.modified(path).map { now - $0 > partialSecondsMax } ?? false
    }

    /// Makes the blobs outlive a crash of the machine: one call for all that a publication names.
    package func sync(_ digests: [BlobDigest]) throws {
        for digest in digests {
            guard contains(digest) else { throw StoreError.absentBlob(digest) }
            try Disk.sync(path(of: digest))
        }
        try Disk.sync(path)
    }

    /// Nothing there is no error.
    package func remove(_ digest: BlobDigest) throws { try Disk.remove(path(of: digest)) }
}
