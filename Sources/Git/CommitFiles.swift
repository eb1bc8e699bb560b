// The files of one commit, those of checked-out submodules included: the tree, and the bytes.
package import FileTrees
import SystemPackage

/// The tree is read whole at once: level by level, one `cat-file --batch` conversation, each tree object once.
package struct CommitFiles: FileContents, Sendable {
    package let commit: Commit
    package let tree: FileTree
    /// By `TreeFile.source`: the repository itself, then its submodules.
    private let readers: [ObjectReader]

    init(_ commit: Commit, in repository: Repository, cache: TreeCache?) throws {
        self.commit = commit
        if let known = cache?.tree(commit.tree) {
            (tree, readers) = (known, [repository.objects])
            return
        }
        var loader = TreeLoader(repository: repository)
        tree = try loader.load(commit.tree)
        readers = loader.readers
        cache?.keep(tree)
    }

    package func read(_ files: [TreeFile], into sink: inout some FileSink) throws {
        var start = 0
        while start < files.count {
            let source = files[start].source
            let end = files[start...].firstIndex { $0.source != source } ?? files.count
            try readers[source].read(files[start..<end].map(\.id), type: "blob", firstIndex: start, into: &sink)
            start = end
        }
    }

    /// The bytes of one file, or a link's target.
    package func bytes(of node: FileTree.Node, limitBytes: Int = ObjectReader.objectMax) throws -> [UInt8] {
        try readers[node.source].blob(node.id, limitBytes: limitBytes)
    }
}

extension Repository {
    /// `cache` holds the trees that were read before.
    package func files(of commit: ObjectID, cache: TreeCache? = nil) throws -> CommitFiles {
        try CommitFiles(self.commit(commit), in: self, cache: cache)
    }
}

private struct TreeLoader {
    /// Bytes of all tree objects of a commit.
    private static let treeBytesMax = 512 * 1_024 * 1_024

    let repository: Repository
    var readers: [ObjectReader]
    private var builder = FileTreeBuilder()
    private var bytesRead = 0

    private struct Pending {
        let directory: Int
        let id: ObjectID
        let path: PathBytes
        let source: Int
    }

    init(repository: Repository) {
        self.repository = repository
        readers = [repository.objects]
    }

    mutating func load(_ root: ObjectID) throws -> FileTree {
        let place = builder.reserve(root, source: 0)
        var level = [Pending(directory: place.directory, id: root, path: [], source: 0)]
        var depth = 0
        while !level.isEmpty {
            depth += 1
            guard depth <= FileTree.depthMax else {
                throw FileTreeError.tooDeep(path: GoPath.text(level[0].path), limit: FileTree.depthMax)
            }
            level = try next(after: level)
        }
        return try builder.finish(root: place.directory)
    }

    private mutating func next(after level: [Pending]) throws -> [Pending] {
        var next: [Pending] = []
        for source in Set(level.map(\.source)).sorted() {
            let pending = level.filter { $0.source == source }
            var sink = TreeSink(bytesLeft: Self.treeBytesMax - bytesRead)
            try readers[source].read(pending.map(\.id), type: "tree", into: &sink)
            bytesRead += sink.bytes.count
            for (item, range) in zip(pending, sink.ranges) { try define(item, sink.bytes[range], into: &next) }
        }
        return next
    }

    private mutating func define(_ item: Pending, _ object: ArraySlice<UInt8>, into next: inout [Pending]) throws {
        var entered: [Pending] = []
        var readers = readers
        let repository = repository
        let reserved = try builder.define(item.directory, treeObject: object) { name, commit, builder in
            let path = Self.joined(item.path, name)
            guard let reader = Self.checkedOut(path, in: repository), let tree = try? reader.commit(commit).tree else {
                return nil
            }
            readers.append(reader)
            let place = builder.reserve(tree, source: readers.count - 1)
            if place.isNew {
                entered.append(Pending(directory: place.directory, id: tree, path: path, source: readers.count - 1))
            }
            return place.directory
        }
        self.readers = readers
        next += entered
        for place in reserved {
            let path = Self.joined(item.path, place.name)
            next.append(Pending(directory: place.directory, id: place.id, path: path, source: item.source))
        }
    }

    /// The store of a submodule that is checked out at `path`: git would otherwise answer for the repository around it.
    private static func checkedOut(_ path: PathBytes, in repository: Repository) -> ObjectReader? {
        guard let isPresent = try? DiskFolder(repository.workTree).status(joined(path, ".git".utf8)),
            isPresent.kind != .link
        else { return nil }
        return ObjectReader(repository.git, repository: repository.workTree.appending(GoPath.text(path)))
    }

    private static func joined(_ folder: PathBytes, _ name: some Collection<UInt8>) -> PathBytes {
        folder.isEmpty ? PathBytes(name) : folder + [UInt8(ascii: "/")] + name
    }
}

/// Keeps tree objects back to back.
private struct TreeSink: FileSink {
    let bytesLeft: Int
    var bytes: [UInt8] = []
    var ranges: [Range<Int>] = []

    init(bytesLeft: Int) { self.bytesLeft = bytesLeft }

    mutating func begin(_ index: Int, byteCount: Int) throws {
        guard bytes.count + byteCount <= bytesLeft else {
            throw FileTreeError.tooManyFiles(limit: FileTree.filesMax)
        }
        ranges.append(bytes.count..<bytes.count + byteCount)
    }

    mutating func take(_ piece: RawSpan) { unsafe piece.withUnsafeBytes { unsafe bytes += $0 } }
    mutating func end() {}
}
