// A tree of files as git sees it: names, modes, object ids, in a few flat arrays.

/// What stands at a name in a tree.
package enum FileKind: UInt8, Sendable {
    case directory, file, executable, link, submodule

    /// True for what has a blob: regular files and symbolic links.
    package var hasContent: Bool { self == .file || self == .executable || self == .link }
}

/// A file or link of a tree, by its path from the tree's root.
package struct TreeFile: Sendable, Equatable {
    package let path: PathBytes
    package let kind: FileKind
    package let id: ObjectID
    /// Which object store holds the blob: an index that only the tree's maker understands.
    package let source: Int

    package init(path: PathBytes, kind: FileKind, id: ObjectID, source: Int) {
        self.path = path
        self.kind = kind
        self.id = id
        self.source = source
    }
}

/// Equal directories are stored once, so that the memory is that of the distinct tree objects; how many files the tree
/// unfolds to is bounded when it is built. Entries stand in git's order: names compared as bytes, a directory's name
/// with a slash at its end.
package struct FileTree: Sendable {
    /// Files that a tree may unfold to.
    package static let filesMax = 5_000_000
    /// Nested folders.
    package static let depthMax = 500

    /// An entry, or the root.
    package struct Node: Sendable, Equatable {
        package let kind: FileKind
        package let id: ObjectID
        /// The directory's place in this tree; nil for files, and for a submodule that is not checked out.
        package let directory: Int?
        package let source: Int
    }

    struct Entry: Sendable {
        let nameStart: UInt32
        let nameCount: UInt16
        let kind: FileKind
        let directory: Int32
        let id: ObjectID
    }

    struct Directory: Sendable {
        let id: ObjectID
        let source: Int
        var entries: Range<Int> = 0..<0
        var fileCount = 0
    }

    var names: [UInt8] = []
    var entries: [Entry] = []
    var directories: [Directory] = []
    let rootDirectory: Int

    package var root: Node { node(ofDirectory: rootDirectory, kind: .directory) }

    /// Files and links, those of checked-out submodules included.
    package var fileCount: Int { directories[rootDirectory].fileCount }

    func node(ofDirectory index: Int, kind: FileKind) -> Node {
        Node(kind: kind, id: directories[index].id, directory: index, source: directories[index].source)
    }

    func node(at entry: Int, in directory: Int) -> Node {
        let entry = entries[entry]
        return Node(
            kind: entry.kind, id: entry.id, directory: entry.directory < 0 ? nil : Int(entry.directory),
            source: directories[directory].source)
    }

    func name(of entry: Int) -> ArraySlice<UInt8> {
        let start = Int(entries[entry].nameStart)
        return names[start..<start + Int(entries[entry].nameCount)]
    }

    /// The entry at `path`, links not followed; the root for the empty path; nil when there is none.
    /// Throws `submoduleMissing` when the path leads into a submodule that is not checked out.
    package func node(at path: PathBytes) throws(FileTreeError) -> Node? {
        var node = root
        var walked: PathBytes = []
        for element in path.split(separator: GoPath.slash) {
            guard let directory = node.directory else {
                if node.kind == .submodule { throw .submoduleMissing(path: GoPath.text(walked)) }
                return nil
            }
            guard let next = self.node(at: element, in: directory) else { return nil }
            node = next
            if !walked.isEmpty { walked.append(GoPath.slash) }
            walked += element
        }
        return node
    }

    /// What a path leads to when it has no link on its way.
    package enum LookUp: Sendable {
        case missing
        case found(Node)
    }

    /// As `node(at:)`, but nil when a link stands before the path's end, which `node(at:)` does not follow.
    package func lookUp(_ path: PathBytes) throws(FileTreeError) -> LookUp? {
        var node = root
        var rest = path[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: GoPath.slash) ?? rest.endIndex
            if node.kind == .link { return nil }
            if node.kind == .submodule, node.directory == nil {
                throw .submoduleMissing(path: GoPath.text(path[..<max(path.startIndex, rest.startIndex - 1)]))
            }
            guard let directory = node.directory, let next = self.node(at: rest[..<end], in: directory) else {
                return .missing
            }
            node = next
            rest = end == rest.endIndex ? [] : rest[(end + 1)...]
        }
        return .found(node)
    }

    func node(at name: ArraySlice<UInt8>, in directory: Int) -> Node? {
        find(name, in: directory).map { node(at: $0, in: directory) }
    }

    /// Binary search, once as a file and once as a directory: git sorts the two differently.
    private func find(_ name: ArraySlice<UInt8>, in directory: Int) -> Int? {
        for isDirectory in [false, true] {
            var range = directories[directory].entries
            while !range.isEmpty {
                let middle = range.lowerBound + range.count / 2
                if precedes(middle, name, isDirectory: isDirectory) {
                    range = middle + 1..<range.upperBound
                } else {
                    range = range.lowerBound..<middle
                }
            }
            if range.lowerBound < directories[directory].entries.upperBound, self.name(of: range.lowerBound) == name {
                return range.lowerBound
            }
        }
        return nil
    }

    private func precedes(_ entry: Int, _ name: ArraySlice<UInt8>, isDirectory: Bool) -> Bool {
        let own = self.name(of: entry)
        let shared = min(own.count, name.count)
        for offset in 0..<shared where own[own.startIndex + offset] != name[name.startIndex + offset] {
            return own[own.startIndex + offset] < name[name.startIndex + offset]
        }
        let ownNext = own.count > shared ? own[own.startIndex + shared] : end(entries[entry].kind == .directory)
        let next = name.count > shared ? name[name.startIndex + shared] : end(isDirectory)
        return ownNext < next
    }

    private func end(_ isDirectory: Bool) -> UInt8 { isDirectory ? GoPath.slash : 0 }
}
