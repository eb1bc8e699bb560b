// A small index on disk from git's blob ids to SHA-256, so that an unchanged blob is never read again.
package import Digests
import Glibc
import Synchronization
package import SystemPackage

/// Shared by all builds of a user: records are only added, each carries a check value, damaged ones are ignored,
/// and a full index starts again. Losing it costs time, nothing else.
package final class BlobHashes: Sendable {
    /// Records on disk: 36 MB.
    package static let recordsMax = 500_000
    static let recordBytes = 72
    private static let magic = Array("weft blob id to sha256, version 1\n".utf8)

    private let path: FilePath
    /// SHA-256, held in the 32-byte form of an id.
    private let known: Mutex<[ObjectID: ObjectID]>

    /// Opens or makes the index in `cacheDirectory`, which must exist.
    package init(cacheDirectory: FilePath) throws {
        path = cacheDirectory.appending("blob-sha256")
        known = Mutex(try Self.load(path))
    }

    /// SHA-256 of each file's content (a link's content is its target), read from `contents` where unknown.
    package func digests(of files: [TreeFile], from contents: some FileContents) throws -> [BlobDigest] {
        var wanted: Set<ObjectID> = []
        let missing = known.withLock { known in
            files.filter { known[$0.id] == nil && wanted.insert($0.id).inserted }
        }
        if !missing.isEmpty {
            var sink = HashingSink()
            try contents.read(missing, into: &sink)
            let found = Array(zip(missing.map(\.id), sink.digests))
            known.withLock { $0.merge(found) { old, _ in old } }
            try append(found)
        }
        return try known.withLock { known in
            try files.map { file in
                guard let digest = known[file.id].flatMap({ BlobDigest(hex: $0.hex) }) else {
                    throw FileTreeError.changedWhileRead(path: GoPath.text(file.path))
                }
                return digest
            }
        }
    }

    private static func record(_ id: ObjectID, _ digest: ObjectID) -> [UInt8] {
        var record = [id.byteCount]
        for index in 0..<32 { record.append(index < Int(id.byteCount) ? id[byte: index] : 0) }
        for index in 0..<32 { record.append(digest[byte: index]) }
        let check = check(record[...])
        for index in 0..<7 { record.append(UInt8(truncatingIfNeeded: check >> UInt64(8 * index))) }
        return record
    }

    /// FNV-1a of the first 65 bytes, 56 bits of it: against torn and damaged records, not against forgery.
    private static func check(_ record: ArraySlice<UInt8>) -> UInt64 {
        var state: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in record.prefix(65) { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return state & 0xff_ffff_ffff_ffff
    }

    private static var header: [UInt8] { magic + [UInt8](repeating: 0, count: recordBytes - magic.count) }

    private static func load(_ path: FilePath) throws -> [ObjectID: ObjectID] {
        guard let file = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec]) else { return [:] }
        return try file.closeAfter {
            try lock(file, LOCK_SH, path)
            let bytes = try bytes(of: file, path)
            guard bytes.starts(with: header) else { return [:] }
            var known: [ObjectID: ObjectID] = [:]
            known.reserveCapacity(bytes.count / recordBytes)
            for start in stride(from: recordBytes, through: bytes.count - recordBytes, by: recordBytes) {
                let record = bytes[start..<start + recordBytes]
                guard let (id, digest) = parsed(record) else { continue }
                known[id] = digest
            }
            return known
        }
    }

    private static func parsed(_ record: ArraySlice<UInt8>) -> (ObjectID, ObjectID)? {
        let start = record.startIndex
        var written: UInt64 = 0
        for index in 0..<7 { written |= UInt64(record[start + 65 + index]) << UInt64(8 * index) }
        guard written == check(record), let digest = ObjectID(bytes: record[start + 33..<start + 65]),
            let id = ObjectID(bytes: record[start + 1..<start + 1 + min(32, Int(record[start]))])
        else { return nil }
        return (id, digest)
    }

    private static func bytes(of file: FileDescriptor, _ path: FilePath) throws -> [UInt8] {
        let size = min(Int(try file.seek(offset: 0, from: .end)), (recordsMax + 1) * recordBytes)
        try file.seek(offset: 0, from: .start)
        var filled = 0
        var bytes = [UInt8](repeating: 0, count: size)
        while filled < size {
            let count = try unsafe bytes.withUnsafeMutableBytes { buffer in
                try unsafe file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            }
            if count == 0 { break }
            filled += count
        }
        return Array(bytes[..<filled])
    }

    private func append(_ found: [(ObjectID, ObjectID)]) throws {
        let options: FileDescriptor.OpenOptions = [.create, .append, .closeOnExec]
        let file = try FileDescriptor.open(path, .readWrite, options: options, permissions: .ownerReadWrite)
        try file.closeAfter {
            try Self.lock(file, LOCK_EX, path)
            let size = Int(try file.seek(offset: 0, from: .end))
            var bytes = found.prefix(Self.recordsMax).flatMap { Self.record($0.0, $0.1) }
            let isFull = size + bytes.count > (Self.recordsMax + 1) * Self.recordBytes
            if try size < Self.recordBytes || isFull || !Self.startsWell(file) {
                try file.resize(to: 0)
                bytes = Self.header + bytes
            } else if size % Self.recordBytes != 0 {
                // The last writer died in the middle of a record.
                try file.resize(to: Int64(size - size % Self.recordBytes))
            }
            _ = try file.writeAll(bytes)
        }
    }

    private static func startsWell(_ file: FileDescriptor) throws -> Bool {
        var start = [UInt8](repeating: 0, count: recordBytes)
        let count = try unsafe start.withUnsafeMutableBytes { try unsafe file.read(fromAbsoluteOffset: 0, into: $0) }
        return count == recordBytes && start == header
    }

    private static func lock(_ file: FileDescriptor, _ operation: Int32, _ path: FilePath) throws {
        while flock(file.rawValue, operation) != 0 {
            guard errno == EINTR else { throw DiskFolder.failure("locking", path.string, Errno(rawValue: errno)) }
        }
    }
}

/// Hashes what it is given.
private struct HashingSink: FileSink {
    var digests: [ObjectID] = []
    private var hasher = HasherBox()

    mutating func begin(_ index: Int, byteCount: Int) { hasher = HasherBox() }
    mutating func take(_ bytes: RawSpan) { hasher.update(bytes) }
    mutating func end() { digests.append(hasher.finish()) }
}

/// A hash in the making, as a reference: `FileSink` is for copyable values.
private final class HasherBox {
    private var hasher: Hasher? = Hasher(.sha256)

    func update(_ bytes: RawSpan) { hasher?.update(bytes) }

    func finish() -> ObjectID {
        guard let hasher = hasher.take(), let digest = ObjectID(bytes: hasher.finish()) else {
            preconditionFailure("a hash is finished once, and SHA-256 has 32 bytes")
        }
        return digest
    }
}
