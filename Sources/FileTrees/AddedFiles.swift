// contextAddFiles: files of the project folder that are not committed and yet belong to a build context.
package import SystemPackage

package struct AddedFiles: Sendable {
    let project: FilePath
    let context: PathBytes
    let paths: [PathBytes]
    let hasher: TreeHasher

    /// One file or link, by its path from the context's root.
    package struct File: Sendable, Equatable {
        package let path: PathBytes
        package let kind: FileKind
    }

    /// `context` is the context folder from the project's root; `paths`, files or folders, are relative to it.
    package init(project: FilePath, context: String, paths: [String], hasher: TreeHasher = TreeHasher()) {
        self.project = project
        self.context = GoPath.formatted(context.utf8)
        self.paths = paths.map { GoPath.formatted($0.utf8) }
        self.hasher = hasher
    }

    /// Throws when nothing stands at one of the paths.
    package func checkPresence() throws {
        let root = try open()
        for path in paths { _ = try status(of: path, in: root) }
    }

    private func status(of path: PathBytes, in root: borrowing DiskFolder) throws(FileTreeError) -> DiskStatus {
        guard let status = try root.status(path.isEmpty ? [UInt8(ascii: ".")] : path) else {
            throw .addedFileMissing(path: GoPath.text(path))
        }
        return status
    }

    /// Every file once: in the order of the configuration, folders in the order of their names.
    package func files() throws -> [File] { try found(.nothing).map(\.file) }

    /// Every file once, in the same order, with its hash or its target.
    package func contents() throws -> [(file: File, content: ContextFiles.Content)] {
        try found(.all).map { ($0.file, try $0.content()) }
    }

    /// What `files`, which are files of this value, hold.
    package func contents(of files: [File]) throws -> [ContextFiles.Content] {
        let found = try found(.some(Set(files.map(\.path))))
        let contents = Dictionary(uniqueKeysWithValues: found.map { ($0.file.path, $0) })
        return try files.map { file in
            guard let found = contents[file.path], found.file == file else {
                throw FileTreeError.changedWhileRead(path: GoPath.text(file.path))
            }
            return try found.content()
        }
    }

    /// Below the project, a link is followed neither to the context nor in it.
    func open() throws -> DiskFolder {
        let root = try DiskFolder(project)
        return try context.isEmpty ? root : root.folder(context)
    }

    /// A file with what was found out about it on the way.
    struct Found {
        let file: File
        /// Of files.
        var identity: FileIdentity?
        /// Of files that were read.
        var digest: ContentDigest?
        /// Of links.
        var target: PathBytes?

        func content() throws(FileTreeError) -> ContextFiles.Content {
            if let digest { return .digest(digest) }
            guard let target else { throw .changedWhileRead(path: GoPath.text(file.path)) }
            return .link(target: target)
        }
    }

    func found(_ reading: TreeWalk.Reading) throws -> [Found] {
        let root = try open()
        var found: [Found] = []
        for path in paths {
            switch try status(of: path, in: root).kind {
            case .special(let kind): throw FileTreeError.specialFile(path: GoPath.text(path), kind: kind)
            case .directory:
                let folder = try path.isEmpty ? open() : root.folder(path)
                let top = try hasher.walk(folder, reading.below(path), .names)
                add(top, below: path, to: &found)
            case .file, .link:
                let cut = path.lastIndex(of: GoPath.slash)
                let folder = try cut.map { try root.folder(PathBytes(path[..<$0])) } ?? open()
                let name = PathBytes(path[(cut.map { $0 + 1 } ?? 0)...])
                let top = try hasher.walk(folder, only: name, reading.below(cut.map { PathBytes(path[..<$0]) } ?? []))
                add(top, below: cut.map { PathBytes(path[..<$0]) } ?? [], to: &found)
            }
            guard found.count <= FileTree.filesMax else { throw FileTreeError.tooManyFiles(limit: FileTree.filesMax) }
        }
        var seen: Set<PathBytes> = []
        return found.filter { seen.insert($0.file.path).inserted }
    }

    private func add(_ folder: WalkedFolder, below path: PathBytes, to found: inout [Found]) {
        for index in folder.ordered {
            let entry = folder.entry(Int(index))
            let inner = folder.path(of: entry)
            let full = path.isEmpty ? inner : path + [GoPath.slash] + inner
            switch entry.kind {
            case .folder: add(folder.children[Int(entry.place)], below: path, to: &found)
            case .link:
                found.append(Found(file: File(path: full, kind: .link), target: folder.targets[Int(entry.place)]))
            case .file:
                let kind = entry.identity?.isExecutable == true ? FileKind.executable : .file
                found.append(
                    Found(file: File(path: full, kind: kind), identity: entry.identity, digest: entry.digest))
            }
        }
    }

    /// Gives the bytes of `files`, which are files of this value, to `sink`.
    package func read(_ files: [File], into sink: inout some FileSink) throws {
        let root = try open()
        for (index, file) in files.enumerated() {
            try root.read(file.path, isLink: file.kind == .link, index: index, into: &sink)
        }
    }

    package func linkTarget(of file: File) throws -> PathBytes { try open().linkTarget(file.path) }
}

extension TreeWalk.Reading {
    /// For a walk whose root is the folder `path`.
    fileprivate func below(_ path: PathBytes) -> Self {
        guard case .some(let paths) = self, !path.isEmpty else { return self }
        return .some(
            Set(paths.filter { GoPath.isStrictlyInside($0, base: path) }.map { GoPath.relative($0, to: path) }))
    }
}
