// Trees of commits that were read before: a tree that git would hand over object by object is one small file here.
import Digests
import Glibc
package import SystemPackage

/// By the id of the root, which names all that is below it. Losing the folder costs time, nothing else.
package struct TreeCache: Sendable {
    /// Trees kept, and bytes of them all; of more, those that were used longest ago go.
    static let treesMax = 32
    static let bytesMax = 256 << 20

    private static let prefix = "tree-"
    private let folder: FilePath

    /// `folder` is made when the first tree is kept.
    package init(folder: FilePath) { self.folder = folder }

    /// Nil when it is not here, or not whole.
    package func tree(_ root: ObjectID) -> FileTree? {
        guard let disk = try? DiskFolder(folder),
            let bytes = try? disk.bytes(of: Array(Self.name(root).utf8), limitBytes: Self.bytesMax),
            let tree = FileTree(stored: bytes), tree.root.id == root
        else { return nil }
        // What was used last is kept longest.
        _ = unsafe utimensat(AT_FDCWD, folder.appending(Self.name(root)).string, nil, 0)
        return tree
    }

    /// Keeps a tree that holds no submodules: what those are depends on what is checked out. Not being able to is no
    /// error.
    package func keep(_ tree: FileTree) {
        guard let bytes = tree.stored(atMost: Self.bytesMax) else { return }
        _ = unsafe mkdir(folder.string, 0o700)
        let target = folder.appending(Self.name(tree.root.id))
        let temporary = folder.appending(".\(Self.name(tree.root.id)).\(getpid())")
        do {
            let options: FileDescriptor.OpenOptions = [.create, .truncate, .closeOnExec, .noFollow]
            let file = try FileDescriptor.open(temporary, .writeOnly, options: options, permissions: .ownerReadWrite)
            _ = try file.closeAfter { try file.writeAll(bytes) }
            guard unsafe rename(temporary.string, target.string) == 0 else { throw Errno(rawValue: errno) }
            try removeOld()
        } catch { _ = unsafe unlink(temporary.string) }
    }

    private func removeOld() throws {
        let disk = try DiskFolder(folder)
        var kept: [(name: String, time: Int, byteCount: Int)] = []
        for name in try disk.names().map(GoPath.text) where name.hasPrefix(Self.prefix) {
            var status = stat()
            guard unsafe lstat(folder.appending(name).string, &status) == 0 else { continue }
            kept.append((name, status.st_mtim.tv_sec, Int(status.st_size)))
        }
        kept.sort { ($0.time, $0.name) > ($1.time, $1.name) }
        var (count, byteCount) = (0, 0)
        for tree in kept {
            (count, byteCount) = (count + 1, byteCount + tree.byteCount)
            if count > Self.treesMax || byteCount > Self.bytesMax {
                _ = unsafe unlink(folder.appending(tree.name).string)
            }
        }
    }

    private static func name(_ root: ObjectID) -> String { prefix + root.hex }
}

/// A first line, the SHA-256 of the rest, then three counts, directories, entries and names. Numbers are little-endian.
extension FileTree {
    private static let magic = Array("weft tree, version 1\n".utf8)
    private static let digestBytes = 32
    private static let directoryBytes = 45
    private static let entryBytes = 45

    fileprivate func stored(atMost bytesMax: Int) -> [UInt8]? {
        let count = directories.count * Self.directoryBytes + entries.count * Self.entryBytes + names.count
        guard count < bytesMax, rootDirectory == 0, directories.allSatisfy({ $0.source == 0 }),
            entries.allSatisfy({ $0.kind != .submodule })
        else { return nil }
        var body: [UInt8] = []
        body.reserveCapacity(count + 24)
        for count in [directories.count, entries.count, names.count] { body.append(UInt64(count), bytes: 8) }
        for directory in directories {
            body.append(directory.id)
            body.append(UInt64(directory.entries.lowerBound), bytes: 4)
            body.append(UInt64(directory.entries.upperBound), bytes: 4)
            body.append(UInt64(directory.fileCount), bytes: 4)
        }
        for entry in entries {
            body.append(entry.id)
            body.append(UInt64(entry.nameStart), bytes: 4)
            body.append(UInt64(entry.nameCount), bytes: 2)
            body.append(UInt64(entry.kind.rawValue), bytes: 2)
            body.append(UInt64(UInt32(bitPattern: entry.directory)), bytes: 4)
        }
        body += names
        var hasher = Hasher(.sha256)
        hasher.update(body)
        return Self.magic + hasher.finish() + body
    }

    fileprivate init?(stored bytes: [UInt8]) {
        let headBytes = Self.magic.count + Self.digestBytes
        guard bytes.starts(with: Self.magic), bytes.count >= headBytes + 24 else { return nil }
        let digest = bytes[Self.magic.count..<headBytes]
        var rest = StoredBytes(bytes: bytes, offset: headBytes)
        guard rest.digest.elementsEqual(digest) else { return nil }
        let (directoryCount, entryCount, nameCount) = (rest.number(8), rest.number(8), rest.number(8))
        guard rest.left == directoryCount * Self.directoryBytes + entryCount * Self.entryBytes + nameCount else {
            return nil
        }
        self.init(rootDirectory: 0)
        directories.reserveCapacity(directoryCount)
        entries.reserveCapacity(entryCount)
        for _ in 0..<directoryCount {
            guard let id = rest.id() else { return nil }
            var directory = Directory(id: id, source: 0)
            directory.entries = rest.number(4)..<rest.number(4)
            directory.fileCount = rest.number(4)
            directories.append(directory)
        }
        for _ in 0..<entryCount {
            guard let id = rest.id() else { return nil }
            let (start, count) = (UInt32(rest.number(4)), UInt16(rest.number(2)))
            guard let kind = FileKind(rawValue: UInt8(truncatingIfNeeded: rest.number(2))) else { return nil }
            let directory = Int32(bitPattern: UInt32(rest.number(4)))
            entries.append(Entry(nameStart: start, nameCount: count, kind: kind, directory: directory, id: id))
        }
        names = Array(bytes[rest.offset...])
    }
}

/// Reads numbers and ids one after the other; the digest was right, so that they are those that were written.
private struct StoredBytes {
    let bytes: [UInt8]
    var offset: Int

    var left: Int { bytes.count - offset }

    var digest: [UInt8] {
        var hasher = Hasher(.sha256)
        unsafe hasher.update(bytes.span.bytes.extracting(offset..<bytes.count))
        return hasher.finish()
    }

    mutating func number(_ count: Int) -> Int {
        var number = 0
        for index in 0..<count { number |= Int(bytes[offset + index]) << (8 * index) }
        offset += count
        return number
    }

    mutating func id() -> ObjectID? {
        let count = number(1)
        defer { offset += 32 }
        return ObjectID(bytes: bytes[offset..<offset + min(count, 32)])
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ number: UInt64, bytes: Int) {
        for index in 0..<bytes { append(UInt8(truncatingIfNeeded: number >> UInt64(8 * index))) }
    }

    fileprivate mutating func append(_ id: ObjectID) {
        append(id.byteCount)
        for index in 0..<32 { append(id[byte: index]) }
    }
}
