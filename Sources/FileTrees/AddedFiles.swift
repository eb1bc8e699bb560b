// contextAddFiles: files of the project folder that are not committed and yet belong to a build context.
package import Digests
package import SystemPackage

package struct AddedFiles: Sendable {
    private let project: FilePath
    private let context: PathBytes
    private let paths: [PathBytes]

    /// One file or link, by its path from the context's root.
    package struct File: Sendable, Equatable {
        package let path: PathBytes
        package let kind: FileKind
    }

    /// `context` is the context folder from the project's root; `paths`, files or folders, are relative to it.
    package init(project: FilePath, context: String, paths: [String]) {
        self.project = project
        self.context = GoPath.formatted(context.utf8)
        self.paths = paths.map { GoPath.formatted($0.utf8) }
    }

    /// Throws when nothing stands at one of the paths.
    package func checkPresence() throws {
        let root = try open()
        for path in paths { _ = try status(of: path, in: root) }
    }

    private func status(of path: PathBytes, in root: borrowing DiskFolder) throws -> DiskStatus {
        guard let status = try root.status(path.isEmpty ? [UInt8(ascii: ".")] : path) else {
            throw FileTreeError.addedFileMissing(path: GoPath.text(path))
        }
        return status
    }

    /// Every file once: in the order of the configuration, folders in the order of their names.
    package func files() throws -> [File] {
        let root = try open()
        var found: [File] = []
        for path in paths {
            try collect(path, try status(of: path, in: root), in: root, depth: 0, into: &found)
        }
        var seen: Set<PathBytes> = []
        return found.filter { seen.insert($0.path).inserted }
    }

    /// Below the project, a link is followed neither to the context nor in it.
    private func open() throws -> DiskFolder {
        let root = try DiskFolder(project)
        return try context.isEmpty ? root : root.folder(context)
    }

    private func collect(
        _ path: PathBytes, _ status: DiskStatus, in root: borrowing DiskFolder, depth: Int, into found: inout [File]
    ) throws {
        guard depth < FileTree.depthMax else {
            throw FileTreeError.tooDeep(path: GoPath.text(path), limit: FileTree.depthMax)
        }
        switch status.kind {
        case .file: found.append(File(path: path, kind: status.isExecutable ? .executable : .file))
        case .link: found.append(File(path: path, kind: .link))
        case .special(let kind): throw FileTreeError.specialFile(path: GoPath.text(path), kind: kind)
        case .directory:
            for name in try names(of: path, in: root).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
                let inner = path.isEmpty ? name : path + [GoPath.slash] + name
                guard let status = try root.status(inner) else { continue }
                try collect(inner, status, in: root, depth: depth + 1, into: &found)
            }
        }
        guard found.count <= FileTree.filesMax else { throw FileTreeError.tooManyFiles(limit: FileTree.filesMax) }
    }

    private func names(of path: PathBytes, in root: borrowing DiskFolder) throws -> [PathBytes] {
        try path.isEmpty ? root.names() : root.folder(path).names()
    }

    /// Lower-case hex SHA-256 over path (from the project's root) and content of each file that `matcher`, which sees
    /// paths from the context's root, matches; of a link only the path counts. Nil when nothing matches.
    package func checksum(matching matcher: some PathMatcher) throws -> String? {
        let files = try files().filter { matcher.isMatched($0.path) }
        if files.isEmpty { return nil }
        let root = try open()
        var hasher = Hasher(.sha256)
        for file in files {
            hasher.update(context.isEmpty ? file.path : context + [GoPath.slash] + file.path)
            if file.kind != .link { try update(&hasher, with: file.path, in: root) }
        }
        return Hexadecimal.text(hasher.finish())
    }

    /// SHA-256 of one file's content; of a link, of its target.
    package func digest(of file: File) throws -> BlobDigest {
        let root = try open()
        if file.kind == .link { return BlobDigest(of: try root.linkTarget(file.path)) }
        var hasher = Hasher(.sha256)
        try update(&hasher, with: file.path, in: root)
        return BlobDigest(finishing: hasher)
    }

    /// Gives the bytes of `files`, which are files of this value, to `sink`.
    package func read(_ files: [File], into sink: inout some FileSink) throws {
        let root = try open()
        for (index, file) in files.enumerated() {
            try root.read(file.path, isLink: file.kind == .link, index: index, into: &sink)
        }
    }

    package func linkTarget(of file: File) throws -> PathBytes { try open().linkTarget(file.path) }

    private func update(_ hasher: inout Hasher, with path: PathBytes, in root: borrowing DiskFolder) throws {
        let name = GoPath.text(path)
        guard let status = try root.status(path) else { throw FileTreeError.changedWhileRead(path: name) }
        let file = try root.file(path)
        defer { try? file.close() }
        try DiskFile.read(file, path: name, byteCount: status.byteCount) { hasher.update($0) }
    }
}
