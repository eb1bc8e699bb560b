// Tags of the node's own repos: made once, never overwritten; in folders by their first letters, as many are looked through
// for those that begin alike.
import Layers
import SystemPackage

package struct TagFolder: Sendable {
    private let path: FilePath
    private let work: WorkArea
    private let record: SealedRecord

    /// Bytes of a tag's contents.
    package static let contentsBytesMax = 128 << 10
    /// Letters of a tag that name its folder: a digest's give up to 256 folders.
    private static let folderLetters = 2
    /// Bytes of a project's or tag's name (OCI distribution-spec: at most 128).
    private static let nameBytesMax = 128

    package enum Creation: Hashable, Sendable {
        case created
        /// Somebody was there before, with these contents.
        case exists([UInt8])
    }

    init(path: FilePath, work: WorkArea, log: @escaping @Sendable (String) -> Void) {
        self.path = path
        self.work = work
        record = SealedRecord(
            kind: "tag", version: 2, bytesMax: Self.contentsBytesMax, useInterval: UseInterval.tag, log: log)
    }

    /// Nil when there is none, or only a damaged one.
    package func read(_ tag: String, of project: String) throws -> [UInt8]? {
        record.read(try path(of: tag, project))
    }

    /// The same without being a use of it, with its last use in Unix seconds; a file that can't be read is an error.
    package func look(at tag: String, of project: String) throws -> (contents: [UInt8], lastUse: Int64)? {
        let path = try path(of: tag, project)
        guard let contents = try record.unnoted.readUnlessFailing(path), let used = Disk.modified(path) else {
            return nil
        }
        return (contents, used)
    }

    /// Whether there is such a tag, damaged or not.
    package func contains(_ tag: String, of project: String) throws -> Bool {
        Disk.status(try path(of: tag, project)) != nil
    }

    /// Makes the tag unless it exists. Of several that try at once, one succeeds. Not synced, as what it names is not: a
    /// crash of the host may take both.
    package func create(_ tag: String, of project: String, _ contents: [UInt8]) throws -> Creation {
        let (target, temporary) = (try path(of: tag, project), work.temporaryPath("tag"))
        let sealed = try record.sealed(contents)
        try makeFolders(for: target, of: project)
        defer { try? Disk.remove(temporary) }
        try Disk.write(sealed, to: temporary)
        while true {
            if try Disk.link(temporary, as: target) { return .created }
            if let found = record.read(target) { return .exists(found) }
            try setAsideDamaged(target, project)
        }
    }

    /// Under a lock, since somebody may have put a good one there meanwhile.
    private func setAsideDamaged(_ target: FilePath, _ project: String) throws {
        let lock = try FileLock.wait(path.appending(project).appending(".lock")) {}
        defer { withExtendedLifetime(lock) {} }
        guard record.read(target) == nil, Disk.status(target) != nil else { return }
        try Disk.remove(target)
    }

    /// Nothing there is no error.
    package func remove(_ tag: String, of project: String) throws {
        try Disk.remove(path(of: tag, project))
    }

    /// The projects that ever had a tag, in byte order.
    package func projects() throws -> [String] {
        try names(in: path).filter { Self.isName($0) && Disk.isDirectory(path.appending($0)) }.sorted()
    }

    /// In byte order; damaged ones too.
    package func list(_ project: String) throws -> [String] {
        let folder = try folder(of: project)
        guard Disk.isDirectory(folder) else { return [] }
        // Stores of before had the tags themselves here: those count no more.
        let folders = try names(in: folder).map(folder.appending).filter(Disk.isDirectory)
        return try folders.flatMap(names).sorted()
    }

    /// Those that begin with `start`, at least as long as the name of a folder; in byte order.
    package func list(_ project: String, startingWith start: String) throws -> [String] {
        let folder = try path(of: start, project).removingLastComponent()
        guard Disk.isDirectory(folder) else { return [] }
        return try names(in: folder).filter { $0.hasPrefix(start) }.sorted()
    }

    private func names(in folder: FilePath) throws -> [String] { try Directory(folder).names().map(Self.text) }

    private static func text(_ name: [UInt8]) -> String { String(decoding: name, as: UTF8.self) }

    private func makeFolders(for tag: FilePath, of project: String) throws {
        let folder = tag.removingLastComponent()
        guard !Disk.isDirectory(folder) else { return }
        for made in [path.appending(project), try self.folder(of: project), folder] { try Disk.makeDirectory(made) }
    }

    private func folder(of project: String) throws(StoreError) -> FilePath {
        guard Self.isName(project) else { throw .badName(kind: "project", name: project) }
        return path.appending(project).appending("tags")
    }

    private func path(of tag: String, _ project: String) throws(StoreError) -> FilePath {
        guard Self.isName(tag) else { throw .badName(kind: "tag", name: tag) }
        return try folder(of: project).appending(String(tag.prefix(Self.folderLetters))).appending(tag)
    }

    /// What a tag may be by the distribution-spec; no name of it leaves its folder.
    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= nameBytesMax else { return false }
        let isWord = { (byte: UInt8) in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
        }
        return isWord(first) && name.utf8.allSatisfy { isWord($0) || $0 == 45 || $0 == 46 }
    }
}
