// Puts a FileTree together from git's tree objects, in any order.

/// Reserve the root, then define each reserved directory once; `finish` when nothing is left to define.
package struct FileTreeBuilder {
    /// A directory or submodule that an entry refers to, still to be defined.
    package struct Reserved: Sendable {
        package let directory: Int
        package let id: ObjectID
        package let name: PathBytes
    }

    private var tree = FileTree(rootDirectory: 0)
    private var known: [ObjectID: Int] = [:]

    package init() {}

    /// The place for the tree `id`, and whether it is new: equal trees share one place.
    package mutating func reserve(_ id: ObjectID, source: Int) -> (directory: Int, isNew: Bool) {
        if let directory = known[id] { return (directory, false) }
        tree.directories.append(FileTree.Directory(id: id, source: source))
        known[id] = tree.directories.count - 1
        return (tree.directories.count - 1, true)
    }

    func id(of directory: Int) -> ObjectID { tree.directories[directory].id }

    /// Defines a directory by the bytes of its tree object: `<octal mode> <name> NUL <id>`, repeated.
    /// `submodule` gives the place of a submodule's tree by name and commit, or nil when it is not checked out.
    /// Returns the directories that were met for the first time.
    package mutating func define(
        _ directory: Int, treeObject bytes: ArraySlice<UInt8>,
        submodule: (_ name: ArraySlice<UInt8>, _ commit: ObjectID, _ builder: inout FileTreeBuilder) throws -> Int?
    ) throws -> [Reserved] {
        let id = tree.directories[directory].id
        let source = tree.directories[directory].source
        var reserved: [Reserved] = []
        var defined: [FileTree.Entry] = []
        var rest = bytes
        while !rest.isEmpty {
            let (mode, name, entryID) = try Self.nextEntry(of: &rest, in: id)
            guard let kind = Self.kind(mode: mode) else {
                throw FileTreeError.malformedTree(id.hex, "the mode of \"\(GoPath.text(name))\" is unknown")
            }
            try Self.check(name: name, in: id)
            var child: Int?
            if kind == .directory {
                let place = reserve(entryID, source: source)
                if place.isNew {
                    reserved.append(Reserved(directory: place.directory, id: entryID, name: PathBytes(name)))
                }
                child = place.directory
            } else if kind == .submodule {
                child = try submodule(name, entryID, &self)
            }
            defined.append(try entry(name: name, kind: kind, id: entryID, directory: child))
        }
        append(defined, to: directory)
        return reserved
    }

    /// Defines a directory by entries that are already in git's order.
    mutating func define(_ directory: Int, entries: [FileTree.Entry]) { append(entries, to: directory) }

    private mutating func append(_ entries: [FileTree.Entry], to directory: Int) {
        let start = tree.entries.count
        tree.entries += entries
        tree.directories[directory].entries = start..<tree.entries.count
    }

    mutating func entry(
        name: some Collection<UInt8>, kind: FileKind, id: ObjectID, directory: Int?
    ) throws(FileTreeError) -> FileTree.Entry {
        let start = tree.names.count
        guard tree.entries.count < FileTree.filesMax, let nameStart = UInt32(exactly: start),
            let nameCount = UInt16(exactly: name.count)
        else { throw .tooManyFiles(limit: FileTree.filesMax) }
        tree.names += name
        return FileTree.Entry(
            nameStart: nameStart, nameCount: nameCount, kind: kind, directory: Int32(directory ?? -1), id: id)
    }

    /// Counts files and depth; throws when a bound is passed or directories contain each other.
    package consuming func finish(root: Int) throws(FileTreeError) -> FileTree {
        var tree = FileTree(
            names: self.tree.names, entries: self.tree.entries, directories: self.tree.directories, rootDirectory: root)
        var depths = [Int](repeating: 0, count: tree.directories.count)
        // Post-order without recursion: a directory is counted when it is met again, its children done.
        var stack = [(directory: root, isOpen: false)]
        while let (directory, isOpen) = stack.popLast() {
            if depths[directory] > 0 { continue }
            let children = tree.directories[directory].entries.compactMap { entry -> Int? in
                let child = Int(tree.entries[entry].directory)
                return child >= 0 ? child : nil
            }
            guard isOpen else {
                stack.append((directory, true))
                stack += children.filter { depths[$0] == 0 }.map { ($0, false) }
                if stack.count > FileTree.filesMax { throw .tooManyFiles(limit: FileTree.filesMax) }
                continue
            }
            let files = tree.directories[directory].entries.count { tree.entries[$0].kind.hasContent }
            let all = children.reduce(files) { $0.addingReportingOverflow(tree.directories[$1].fileCount).partialValue }
            guard all <= FileTree.filesMax else { throw .tooManyFiles(limit: FileTree.filesMax) }
            depths[directory] = 1 + (children.map { depths[$0] }.max() ?? 0)
            guard depths[directory] <= FileTree.depthMax else {
                throw .tooDeep(path: tree.directories[directory].id.hex, limit: FileTree.depthMax)
            }
            tree.directories[directory].fileCount = all
        }
        return tree
    }
}

extension FileTreeBuilder {
    private typealias RawEntry = (mode: Int, name: ArraySlice<UInt8>, id: ObjectID)

    private static func nextEntry(
        of rest: inout ArraySlice<UInt8>, in tree: ObjectID
    ) throws(FileTreeError) -> RawEntry {
        let idCount = Int(tree.byteCount)
        guard let space = rest.firstIndex(of: UInt8(ascii: " ")), space - rest.startIndex <= 6,
            let zero = rest[space...].firstIndex(of: 0), rest.endIndex - zero > idCount,
            let id = ObjectID(bytes: rest[zero + 1..<zero + 1 + idCount])
        else { throw .malformedTree(tree.hex, "an entry is cut off") }
        var mode = 0
        for digit in rest[rest.startIndex..<space] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else {
                throw .malformedTree(tree.hex, "a mode is not octal")
            }
            mode = mode << 3 | Int(digit - UInt8(ascii: "0"))
        }
        let name = rest[space + 1..<zero]
        rest = rest[(zero + 1 + idCount)...]
        return (mode, name, id)
    }

    private static func kind(mode: Int) -> FileKind? {
        switch mode {
        case 0o40000: .directory
        // 0100664 was written by the first versions of git.
        case 0o100644, 0o100664: .file
        case 0o100755: .executable
        case 0o120000: .link
        case 0o160000: .submodule
        default: nil
        }
    }

    /// Names that could lead out of the tree, or make a repository of it, in any case of letters.
    static func check(name: ArraySlice<UInt8>, in tree: ObjectID) throws(FileTreeError) {
        let isDotGit = name.first == UInt8(ascii: ".") && name.dropFirst().map { $0 | 0x20 } == Array("git".utf8)
        if name.isEmpty || name.contains(GoPath.slash) || name.elementsEqual([UInt8(ascii: ".")])
            || name.elementsEqual([UInt8(ascii: "."), UInt8(ascii: ".")]) || isDotGit
        {
            throw .badName(GoPath.text(name), folder: tree.hex)
        }
    }
}
