// SHA-256 of files that were hashed before, by what stat(2) told of them: an unchanged file costs one stat, no read.
import Synchronization
package import SystemPackage

/// Shared by all processes of a user. An entry counts only while device, inode, size, mtime, ctime and mode are what they
/// were; it is made only when the file's times were settled before it was read (git's care about racy timestamps), and
/// not believed when the clock says that it was made in the future. Losing it costs time, nothing else.
package final class FileIndex: Sendable {
    /// Records on disk: 48 MB.
    package static let recordsMax = 500_000
    static let fileName = "file-sha256"
    private static let files = RecordShape(
        magic: "weft file to sha256, version 1\n", keyWords: 2, valueWords: 9, recordsMax: recordsMax)
    /// Lists of files, by a hash of all their names and identities.
    private static let lists = RecordShape(
        magic: "weft list of files to sha256, version 1\n", keyWords: 4, valueWords: 5, recordsMax: 20_000)

    private let store: Store
    private let listStore: Store
    private let clock: @Sendable () -> Int64

    /// One file of records, loaded when it is first asked for.
    private struct Store: ~Copyable {
        let file: RecordFile
        let table = Mutex<RecordTable?>(nil)

        init(_ shape: RecordShape, _ path: FilePath) { file = RecordFile(shape, path: path) }

        /// What cannot be read is not known.
        borrowing func loaded() -> RecordTable {
            table.withLock { table in
                if let table { return table }
                let read = (try? file.load()) ?? RecordTable(file.shape)
                try? file.tidy(read)
                table = read
                return read
            }
        }

        /// What cannot be written is hashed again next time.
        borrowing func add(_ records: [(key: RecordTable.Key, value: [UInt64])]) {
            if records.isEmpty { return }
            _ = loaded()
            table.withLock { table in
                for record in records { table?.insert(record.key, record.value) }
            }
            try? file.append(records.flatMap { RecordTable.record(file.shape, $0.key, $0.value) })
        }
    }

    /// Keeps its files in `cacheDirectory`, which must exist. `clock` tells Unix nanoseconds.
    package convenience init(cacheDirectory: FilePath) {
        self.init(cacheDirectory: cacheDirectory, clock: { FileIdentity.clock() })
    }

    init(cacheDirectory: FilePath, clock: @escaping @Sendable () -> Int64) {
        store = Store(Self.files, cacheDirectory.appending(Self.fileName))
        listStore = Store(Self.lists, cacheDirectory.appending("files-sha256"))
        self.clock = clock
    }

    /// What is known at this moment, to be asked by many threads at once.
    struct Snapshot: Sendable {
        fileprivate let table: RecordTable
        /// Unix nanoseconds, from before any file was looked at.
        let now: Int64

        /// Nil when the file is unknown, or changed since.
        func digest(of identity: FileIdentity) -> ContentDigest? {
            guard let place = table.value(of: FileIndex.key(of: identity)) else { return nil }
            let words = table.words
            guard words[place] == UInt64(bitPattern: identity.byteCount),
                words[place + 1] == UInt64(bitPattern: identity.modified),
                words[place + 2] == UInt64(bitPattern: identity.changed), words[place + 3] == UInt64(identity.mode),
                Int64(bitPattern: words[place + 4]) <= now
            else { return nil }
            return table.digest(at: place + 5)
        }

        /// True when what is read of this file from now on may be remembered.
        func isSettled(_ identity: FileIdentity) -> Bool { identity.isSettled(at: now) }
    }

    func snapshot() -> Snapshot {
        let now = clock()
        return Snapshot(table: store.loaded(), now: now)
    }

    /// Keeps what was read after `snapshot` was taken and found settled by it.
    func remember(_ found: [(identity: FileIdentity, digest: ContentDigest)], since snapshot: Snapshot) {
        store.add(
            found.filter { snapshot.isSettled($0.identity) }.map { identity, digest in
                let value = [
                    UInt64(bitPattern: identity.byteCount), UInt64(bitPattern: identity.modified),
                    UInt64(bitPattern: identity.changed), UInt64(identity.mode), UInt64(bitPattern: snapshot.now),
                ]
                return (Self.key(of: identity), value + (0..<4).map { digest.words[$0] })
            })
    }

    private static func key(of identity: FileIdentity) -> RecordTable.Key { [identity.device, identity.inode, 0, 0] }

    /// A checksum that was made of a whole list of files; `list` is the hash of their names and identities.
    func checksum(of list: ContentDigest) -> ContentDigest? {
        let table = listStore.loaded()
        guard let place = table.value(of: list.words), Int64(bitPattern: table.words[place + 4]) <= clock() else {
            return nil
        }
        return table.digest(at: place)
    }

    /// Every file of `list` must have been settled at `now`, which is from before any of them was read.
    func remember(_ checksum: ContentDigest, of list: ContentDigest, now: Int64) {
        let value = (0..<4).map { checksum.words[$0] } + [UInt64(bitPattern: now)]
        listStore.add([(list.words, value)])
    }

    var now: Int64 { clock() }
}
