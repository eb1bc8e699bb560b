// Tags of the node's own repos: made once, never overwritten.
import Layers
import SystemPackage

package struct TagFolder: Sendable {
    private let path: FilePath
    private let work: WorkArea
    private let record: SealedRecord

    /// Bytes of a tag's contents.
    package static let contentsBytesMax = 128 << 10
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
        record = SealedRecord(kind: "tag", version: 2, bytesMax: Self.contentsBytesMax, log: log)
    }

    /// Nil when there is none, or only a damaged one.
    package func read(_ tag: String, of project: String) throws -> [UInt8]? {
        record.read(try path(of: tag, project))
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
        try makeFolders(of: project)
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

    /// In byte order; damaged ones too.
    package func list(_ project: String) throws -> [String] {
        let folder = try path(of: "any", project).removingLastComponent()
        guard Disk.isDirectory(folder) else { return [] }
        return try Directory(folder).names().map { String(decoding: $0, as: UTF8.self) }.sorted()
    }

    private func makeFolders(of project: String) throws {
        let folder = path.appending(project)
        guard !Disk.isDirectory(folder.appending("tags")) else { return }
        try Disk.makeDirectory(folder)
        try Disk.makeDirectory(folder.appending("tags"))
    }

    private func path(of tag: String, _ project: String) throws(StoreError) -> FilePath {
        guard Self.isName(project) else { throw .badName(kind: "project", name: project) }
        guard Self.isName(tag) else { throw .badName(kind: "tag", name: tag) }
        return path.appending(project).appending("tags").appending(tag)
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
