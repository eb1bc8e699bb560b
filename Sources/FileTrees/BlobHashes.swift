// A small index on disk from git's blob ids to SHA-256, so that an unchanged blob is never read again.
import Digests
import Synchronization
package import SystemPackage

/// Shared by all builds of a user; see `RecordFile`.
package final class BlobHashes: Sendable {
    /// Records on disk: 40 MB.
    package static let recordsMax = 500_000
    /// The value: SHA-256, and the length of the id.
    static let shape = RecordShape(
        magic: "weft blob id to sha256, version 2\n", keyWords: 4, valueWords: 5, recordsMax: recordsMax)

    private let file: RecordFile
    private let known: Mutex<RecordTable>

    /// Opens or makes the index in `cacheDirectory`, which must exist.
    package init(cacheDirectory: FilePath) throws {
        file = RecordFile(Self.shape, path: cacheDirectory.appending("blob-sha256"))
        known = Mutex(try file.load())
    }

    /// SHA-256 of each file's content (a link's content is its target), read from `contents` where unknown.
    package func digests(of files: [TreeFile], from contents: some FileContents) throws -> [ContentDigest] {
        var wanted: Set<ObjectID> = []
        let missing = known.withLock { known in
            files.filter { Self.digest(of: $0.id, in: known) == nil && wanted.insert($0.id).inserted }
        }
        if !missing.isEmpty {
            var sink = HashingSink()
            try contents.read(missing, into: &sink)
            try add(zip(missing.map(\.id), sink.digests))
        }
        return try known.withLock { known in
            try files.map { file in
                guard let digest = Self.digest(of: file.id, in: known) else {
                    throw FileTreeError.changedWhileRead(path: GoPath.text(file.path))
                }
                return digest
            }
        }
    }

    private static func digest(of id: ObjectID, in known: borrowing RecordTable) -> ContentDigest? {
        guard let place = known.value(of: id.words), known.words[place + 4] == UInt64(id.byteCount) else { return nil }
        return known.digest(at: place)
    }

    private func add(_ found: some Sequence<(ObjectID, ContentDigest)>) throws {
        let records = found.map { id, digest in (id.words, (0..<4).map { digest.words[$0] } + [UInt64(id.byteCount)]) }
        known.withLock { known in
            for (key, value) in records { known.insert(key, value) }
        }
        try file.append(records.flatMap { RecordTable.record(Self.shape, $0, $1) })
    }
}

/// Hashes what it is given.
private struct HashingSink: FileSink {
    var digests: [ContentDigest] = []
    private let hasher = HasherBox()

    mutating func begin(_ index: Int, byteCount: Int) { hasher.restart() }
    mutating func take(_ bytes: RawSpan) { hasher.update(bytes) }
    mutating func end() { digests.append(hasher.finish()) }
}

/// One hasher for one file after the other, as a reference: `FileSink` is for copyable values.
private final class HasherBox {
    private var hasher = Hasher(.sha256)

    func restart() { hasher.restart() }
    func update(_ bytes: RawSpan) { hasher.update(bytes) }
    func finish() -> ContentDigest { ContentDigest(finishing: &hasher) }
}
