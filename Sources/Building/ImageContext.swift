// The build context of one image: which files belong to it, what they are called in digests, and how they get to disk.
import Digests
import Dockerfiles
import FileTrees
import Git
import Glibc
import Images
import Mesh
import Projects
import Stages
import SystemPackage

package final class ImageContext: ContextNames, Sendable {
    private let tree: ProjectTree
    private let hashes: BlobHashes
    private let scope: PathBytes
    /// What builders leave out.
    private let ignore: any PathMatcher
    /// What werf leaves out of digests: it asks the patterns in an older way (werf.md 2.4).
    private let digestIgnore: any PathMatcher
    private let added: AddedFiles?
    private let addedPaths: [String]
    private let listed = OnceValue<[TreeFile]>()
    private let named = OnceValue<ContextFiles>()
    /// Of committed links, by their paths from the top of the work tree.
    private let targets = OnceValue<[PathBytes: PathBytes]>()

    /// Unix seconds that every file of a context bears: git keeps no times.
    static let fileTime: Int64 = 0

    init(
        _ image: DockerfileImage, tree: ProjectTree, ignore: any PathMatcher, digestIgnore: any PathMatcher,
        hashes: BlobHashes, hasher: TreeHasher
    ) {
        self.tree = tree
        self.hashes = hashes
        self.ignore = ignore
        self.digestIgnore = digestIgnore
        scope = tree.contextPath(image.context)
        addedPaths = image.contextAddFiles
        added =
            image.contextAddFiles.isEmpty
            ? nil
            : AddedFiles(
                project: tree.projectDirectory, context: image.context, paths: image.contextAddFiles, hasher: hasher)
    }

    /// Throws when something that contextAddFiles names is not there, whether an instruction takes it or not.
    func checkAddedFiles() throws { try added?.checkPresence() }

    // MARK: Names

    package func unstagedChecksum(sources: [String]) throws -> String {
        try checkCommitted(sources.map(Self.pattern))
        return try checksum(sources: sources)
    }

    func isCommitted(_ sources: [String]) -> Bool { (try? checkCommitted(sources.map(Self.pattern))) != nil }

    /// The same, committed or not.
    func checksum(sources: [String]) throws -> String {
        try TreeChecksum.files(
            of: tree.tree, context: scope, ignore: digestIgnore, sources: sources, added: added)
    }

    package func stagedChecksum(globs: [String]) throws -> String {
        try checkCommitted(globs.map(Self.pattern))
        return try staged { try $0.sources(globs: globs) }
    }

    package func stagedChecksum(paths: [String]) throws -> String {
        try checkCommitted(paths.map(Self.pattern))
        return try staged { try $0.sources(paths: paths.map { Array(Self.pattern($0).utf8) }) }
    }

    package func contentName(patterns: [String]) throws -> String {
        try checkCommitted(patterns)
        let selection = try selected(patterns)
        var name = ContextName()
        for file in selection.files {
            let path = GoPath.relative(file.path, to: scope)
            name.add(path: path, kind: file.kind.shipped, content: file.id.bytes, isGit: true)
        }
        for (file, content) in zip(selection.added, try added?.contents(of: selection.added) ?? []) {
            guard let digest = content.digest else { continue }
            name.add(path: file.path, kind: file.kind.shipped, content: digest.blob.rawBytes, isGit: false)
        }
        return name.finish()
    }

    private func staged(_ body: (ContextChecksumBox) throws -> String) throws -> String {
        let files = try named.value {
            let committed = try tree.tree.files(scope: scope, matcher: BasePath(scope, digestIgnore))
            var files = try ContextFiles(committed, below: scope, contents: tree.contents)
            for (file, content) in try added?.contents() ?? [] { files.add(file.path, content) }
            return files
        }
        return try body(ContextChecksumBox(files: files, contents: tree.contents, hashes: hashes))
    }

    // MARK: Files

    /// Every committed file of the context that is not ignored, by its path from the top of the work tree.
    private func files() throws -> [TreeFile] {
        try listed.value { try tree.tree.files(scope: scope, matcher: BasePath(scope, ignore)) }
    }

    private struct Selection {
        var files: [TreeFile]
        var added: [AddedFiles.File]
    }

    /// The files that `patterns` take, and those that links on the way lead to.
    private func selected(_ patterns: [String]) throws -> Selection {
        let added = try added?.files() ?? []
        let all = Selection(files: notReplaced(try files(), by: added), added: added)
        guard let selection = try ContextSelection(patterns, links: links(of: all)) else { return all }
        let paths = all.files.map { GoPath.relative($0.path, to: scope) } + all.added.map(\.path)
        let chosen = selection.choose(among: paths)
        return Selection(
            files: zip(all.files, chosen).filter(\.1).map(\.0),
            added: zip(all.added, chosen[all.files.count...]).filter(\.1).map(\.0))
    }

    /// The targets of links by the links' paths in the context.
    private func links(of all: Selection) throws -> [PathBytes: PathBytes] {
        let files = all.files.filter { $0.kind == .link }
        var links: [PathBytes: PathBytes] = [:]
        if !files.isEmpty {
            let targets = try targets.value {
                let files = try self.files().filter { $0.kind == .link }
                return Dictionary(
                    zip(files.map(\.path), try tree.contents.linkTargets(of: files)), uniquingKeysWith: { $1 })
            }
            for file in files { links[GoPath.relative(file.path, to: scope)] = targets[file.path] }
        }
        for file in all.added where file.kind == .link { links[file.path] = try added?.linkTarget(of: file) }
        return links
    }

    /// An added file takes the place of a committed one: of the same name, of a file or link where it needs a folder, and
    /// of all that a folder of its name holds.
    private func notReplaced(_ files: [TreeFile], by added: [AddedFiles.File]) -> [TreeFile] {
        if added.isEmpty { return files }
        let paths = Set(added.map(\.path))
        let folders = Set(added.flatMap { ContextSelection.folders(of: $0.path) })
        return files.filter { file in
            let path = GoPath.relative(file.path, to: scope)
            return !paths.contains(path) && !folders.contains(path)
                && !ContextSelection.folders(of: path).contains(where: paths.contains)
        }
    }

    /// Writes what `patterns` take into `directory`, which is made.
    func write(_ patterns: [String], into directory: FilePath) throws {
        let selection = try selected(patterns)
        try Materialiser.write(
            selection.files, below: scope, from: tree.contents, into: directory, seconds: Self.fileTime)
        guard let added, !selection.added.isEmpty else { return }
        try Materialiser.write(selection.added, of: added, into: directory, seconds: Self.fileTime)
    }

    // MARK: For other nodes

    /// What `patterns` take, by the digests of the bytes.
    func shipped(_ patterns: [String]) throws -> [ShippedFile] {
        let selection = try selected(patterns)
        let digests = try hashes.digests(of: selection.files, from: tree.contents)
        var shipped: [ShippedFile] = []
        for (file, digest) in zip(selection.files, digests) {
            let path = GoPath.relative(file.path, to: scope)
            let entry = ContextEntry(
                path: path, kind: file.kind.shipped, digest: digest.blob, objectID: file.id.bytes)
            shipped.append(ShippedFile(entry: entry, source: .committed(file), context: self))
        }
        for (file, content) in zip(selection.added, try added?.contents(of: selection.added) ?? []) {
            guard let digest = content.digest else { continue }
            let entry = ContextEntry(path: file.path, kind: file.kind.shipped, digest: digest.blob)
            shipped.append(ShippedFile(entry: entry, source: .added(file), context: self))
        }
        return shipped
    }

    func read(_ source: ShipmentReading.Source, into sink: inout some FileSink) throws {
        switch source {
        case .committed(let files): try tree.contents.read(files, into: &sink)
        case .added(let files): try added?.read(files, into: &sink)
        }
    }

    // MARK: Giterminism

    private func checkCommitted(_ patterns: [String]) throws {
        try tree.checkCommitted {
            let globs = try ContextSelection.globs(patterns)
            let exceptions = try ExcludeGlobs(addedPaths)
            let included: any PathMatcher = globs.map { $0 as any PathMatcher } ?? AllPaths()
            return BasePath(scope, AllOf([ignore, included, exceptions]))
        }
    }

    /// A source as a path relative to the context.
    private static func pattern(_ source: String) -> String { PathText.relative(source) }
}

extension FileKind {
    fileprivate var shipped: ContextEntry.Kind {
        switch self {
        case .link: .link
        case .executable: .executable
        default: .file
        }
    }
}

/// Opens the existential so that the generic checksum can be asked.
private struct ContextChecksumBox {
    let files: ContextFiles
    let contents: any FileContents
    let hashes: BlobHashes

    func sources(globs: [String]) throws -> String { try Self.globs(contents, self, globs) }
    func sources(paths: [PathBytes]) throws -> String { try Self.paths(contents, self, paths) }

    private static func globs(_ contents: some FileContents, _ box: Self, _ globs: [String]) throws -> String {
        try ContextChecksum(box.files, contents: contents, hashes: box.hashes).sources(globs: globs)
    }

    private static func paths(_ contents: some FileContents, _ box: Self, _ paths: [PathBytes]) throws -> String {
        try ContextChecksum(box.files, contents: contents, hashes: box.hashes).sources(paths: paths)
    }
}
