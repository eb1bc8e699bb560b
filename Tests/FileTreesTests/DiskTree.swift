// The tree of a folder on disk with the ids that git would give it: what tests of trees start from.
import Digests
import SystemPackage

@testable import FileTrees

/// Links are not followed; `.git` is left out everywhere; folders without files do not exist, as in git.
struct DiskTree: Sendable {
    let tree: FileTree
    private let folder: FilePath

    /// Reads and hashes all files below `folder` but those that `isSkipped` names (a directory stands for all it holds).
    /// Throws `specialFile` for a socket, fifo or device.
    init(_ folder: FilePath, isSkipped: @escaping (PathBytes) -> Bool = { _ in false }) throws {
        var walk = DiskWalk(isSkipped: isSkipped)
        let root = try DiskFolder(folder)
        let directory = try walk.directory(root, at: [], depth: 0) ?? walk.emptyDirectory()
        tree = try walk.builder.finish(root: directory)
        self.folder = folder
    }
}

extension DiskTree: FileContents {
    func read(_ files: [TreeFile], into sink: inout some FileSink) throws {
        let root = try DiskFolder(folder)
        for (index, file) in files.enumerated() {
            try root.read(file.path, isLink: file.kind == .link, index: index, into: &sink)
        }
    }
}

private struct DiskWalk {
    var builder = FileTreeBuilder()
    let isSkipped: (PathBytes) -> Bool
    private var fileCount = 0

    init(isSkipped: @escaping (PathBytes) -> Bool) { self.isSkipped = isSkipped }

    private struct Found {
        let name: PathBytes
        let path: PathBytes
        let status: DiskStatus
    }

    /// Nil when there is no file below.
    mutating func directory(_ folder: borrowing DiskFolder, at path: PathBytes, depth: Int) throws -> Int? {
        guard depth < FileTree.depthMax else {
            throw FileTreeError.tooDeep(path: folder.path, limit: FileTree.depthMax)
        }
        var children: [(name: PathBytes, kind: FileKind, id: ObjectID, directory: Int?)] = []
        // In inode order, which is nearly the order on disk.
        for found in try list(folder, at: path).sorted(by: { $0.status.inode < $1.status.inode }) {
            switch found.status.kind {
            case .directory:
                let inner = try folder.folder(found.name)
                guard let child = try directory(inner, at: found.path, depth: depth + 1) else { continue }
                children.append((found.name, .directory, builder.id(of: child), child))
            case .file:
                let id = try blob(of: found, in: folder)
                children.append((found.name, found.status.isExecutable ? .executable : .file, id, nil))
            case .link:
                children.append((found.name, .link, GitObject.id(.blob, of: try folder.linkTarget(found.name)), nil))
            case .special(let kind):
                throw FileTreeError.specialFile(path: folder.path + "/" + GoPath.text(found.name), kind: kind)
            }
        }
        return try children.isEmpty ? nil : define(children)
    }

    mutating func emptyDirectory() throws -> Int { try define([]) }

    private mutating func list(_ folder: borrowing DiskFolder, at path: PathBytes) throws -> [Found] {
        var all: [Found] = []
        for name in try folder.names() where name != Array(".git".utf8) {
            let entryPath = path.isEmpty ? name : path + [GoPath.slash] + name
            if isSkipped(entryPath) { continue }
            // Nil: it vanished since it was listed.
            guard let status = try folder.status(name) else { continue }
            all.append(Found(name: name, path: entryPath, status: status))
        }
        fileCount += all.count
        guard fileCount <= FileTree.filesMax else { throw FileTreeError.tooManyFiles(limit: FileTree.filesMax) }
        return all
    }

    private func blob(of found: Found, in folder: borrowing DiskFolder) throws -> ObjectID {
        let file = try folder.file(found.name)
        defer { try? file.close() }
        var hasher = GitObject.hasher(.blob, byteCount: found.status.byteCount)
        let path = folder.path + "/" + GoPath.text(found.name)
        try DiskFile.read(file, path: path, byteCount: found.status.byteCount) { hasher.update($0) }
        return GitObject.id(finishing: hasher)
    }

    private mutating func define(
        _ children: [(name: PathBytes, kind: FileKind, id: ObjectID, directory: Int?)]
    ) throws -> Int {
        func key(_ child: (name: PathBytes, kind: FileKind, id: ObjectID, directory: Int?)) -> PathBytes {
            child.kind == .directory ? child.name + [GoPath.slash] : child.name
        }
        let sorted = children.sorted { key($0).lexicographicallyPrecedes(key($1)) }
        var object: [UInt8] = []
        for child in sorted {
            object += Array(GitObject.mode(of: child.kind).utf8) + [UInt8(ascii: " ")] + child.name + [0]
            for index in 0..<Int(child.id.byteCount) { object.append(child.id[byte: index]) }
        }
        let place = builder.reserve(GitObject.id(.tree, of: object), source: 0)
        guard place.isNew else { return place.directory }
        var entries: [FileTree.Entry] = []
        for child in sorted {
            entries.append(
                try builder.entry(name: child.name, kind: child.kind, id: child.id, directory: child.directory))
        }
        builder.define(place.directory, entries: entries)
        return place.directory
    }
}

/// git's SHA-1 object names.
enum GitObject {
    enum Kind: String { case blob, tree }

    static func hasher(_ kind: Kind, byteCount: Int) -> Hasher {
        var hasher = Hasher(.sha1)
        hasher.update("\(kind.rawValue) \(byteCount)\0")
        return hasher
    }

    static func id(_ kind: Kind, of bytes: [UInt8]) -> ObjectID {
        var hasher = hasher(kind, byteCount: bytes.count)
        hasher.update(bytes)
        return id(finishing: hasher)
    }

    static func id(finishing hasher: consuming Hasher) -> ObjectID {
        guard let id = ObjectID(bytes: hasher.finish()) else { preconditionFailure("SHA-1 has 20 bytes") }
        return id
    }

    static func mode(of kind: FileKind) -> String {
        switch kind {
        case .directory: "40000"
        case .file: "100644"
        case .executable: "100755"
        case .link: "120000"
        case .submodule: "160000"
        }
    }
}
