// A download whose parts come in any order: each is checked before it is written, and is known again by its bytes.
package import Digests
import Synchronization
package import SystemPackage

// Safety: buffers live for one call.

/// `partial/<hex>` and its lock, as those of a `PartialBlob`, which begins anew on such a file. The file is as long as the
/// blob from the beginning, and has holes. No record says which parts are there, so none can be wrong: after a stop or a
/// crash a part is there when its bytes have its digest.
package final class ScatteredBlob: Sendable {
    /// What was hashed of the blob from its beginning on, part by part.
    private struct Hashed: ~Copyable {
        var hasher = Digests.Hasher(.sha256)
        var count = 0
    }

    package let digest: BlobDigest
    package let parts: BlobParts
    /// Parts from the first on that may have been received before, and are to be checked.
    package let foundCount: Int
    private let folder: BlobFolder
    private let path: FilePath
    private let file: FileDescriptor
    private let lock: FileLock
    private let there: Mutex<PartSet>
    private let hashed = Mutex(Hashed())

    private init(
        _ digest: BlobDigest, _ parts: BlobParts, _ folder: BlobFolder, _ file: FileDescriptor, _ lock: FileLock
    ) throws {
        (self.digest, self.parts, self.folder, self.file, self.lock) = (digest, parts, folder, file, lock)
        path = folder.partials.appending(digest.hex)
        there = Mutex(PartSet(count: parts.count))
        let found = try Disk.size(file, path)
        foundCount = found >= parts.size ? parts.count : Int(found / BlobParts.byteCount)
        do { try file.resize(to: parts.size) } catch { throw StoreError(error, "resize", path) }
    }

    deinit { try? file.close() }

    static func open(_ digest: BlobDigest, _ parts: BlobParts, in folder: BlobFolder) throws -> ScatteredBlob? {
        guard let (file, lock) = try PartialBlob.file(digest, in: folder) else { return nil }
        return try ScatteredBlob(digest, parts, folder, file, lock)
    }

    /// Parts whose bytes are there and were checked.
    package var present: PartSet { there.withLock { $0 } }

    /// Looks whether what was received before is the part that has this digest.
    package func check(_ part: Int, is expected: BlobDigest) throws {
        guard try BlobFolder.digest(of: parts.bytes(of: part), in: file, path) == expected else { return }
        there.withLock { $0.insert(part) }
    }

    /// Writes a part; false for bytes that have another digest, which are not written. From any thread, and for the same
    /// part twice at once.
    package func put(_ bytes: [UInt8], as part: Int, expecting expected: BlobDigest) throws -> Bool {
        let place = parts.bytes(of: part)
        guard bytes.count == place.count, BlobDigest(of: bytes) == expected else { return false }
        do {
            _ = try unsafe bytes.withUnsafeBytes { try unsafe file.writeAll(toAbsoluteOffset: place.lowerBound, $0) }
        } catch { throw StoreError(error, "write", path) }
        there.withLock { $0.insert(part) }
        // Who finds another at it leaves it to that one, or to `finish`.
        _ = try hashed.withLockIfAvailable { hashed in
            if hashed.count == part {
                hashed.hasher.update(bytes)
                hashed.count += 1
            }
            try hash(&hashed)
        }
        return true
    }

    /// Hashes what is there from the beginning on and was not hashed yet.
    private func hash(_ hashed: inout Hashed) throws {
        while hashed.count < parts.count, there.withLock({ $0.contains(hashed.count) }) {
            try BlobFolder.hash(parts.bytes(of: hashed.count), of: file, path, into: &hashed.hasher)
            hashed.count += 1
        }
    }

    /// A second descriptor, which stays readable after `finish`; the caller closes it. Bytes of parts that are `present`
    /// are there; the blob is not verified until `finish` came back.
    package func reader() throws -> FileDescriptor {
        do { return try file.duplicate() } catch { throw StoreError(error, "open", path) }
    }

    /// Verifies all of it and gives the blob its name. Wrong bytes are removed and reported as `corrupt`. Call once, when
    /// nobody writes any more.
    package func finish() throws {
        let here = there.withLock { there in
            (0..<parts.count).reduce(Int64(0)) { $0 + (there.contains($1) ? Int64(parts.bytes(of: $1).count) : 0) }
        }
        guard here == parts.size else {
            throw StoreError.wrongSize(of: "blob \(digest)", expected: parts.size, actual: here)
        }
        let actual = try hashed.withLock { hashed in
            try hash(&hashed)
            return BlobDigest(finishing: &hashed.hasher)
        }
        if actual == digest {
            try Disk.rename(path, to: folder.path(of: digest))
        } else {
            try Disk.remove(path)
        }
        lock.removeFile()
        guard actual == digest else { throw StoreError.corrupt(expected: digest, actual: actual) }
    }
}
