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

    /// The files that `patterns` take, and those that they might take through links: more never harms, less would.
    private func selected(_ patterns: [String]) throws -> Selection {
        let added = try added?.files() ?? []
        let all = Selection(files: notReplaced(try files(), by: added), added: added)
        guard let matcher = try Self.matcher(patterns) else { return all }
        let selection = Selection(
            files: all.files.filter { matcher.isMatched(GoPath.relative($0.path, to: scope)) },
            added: all.added.filter { matcher.isMatched($0.path) })
        let hasLinks = selection.files.contains { $0.kind == .link } || selection.added.contains { $0.kind == .link }
        return try hasLinks || leadsThroughLink(patterns) ? all : selection
    }

    /// An added file takes the place of a committed one: of the same name, of a file or link where it needs a folder, and
    /// of all that a folder of its name holds.
    private func notReplaced(_ files: [TreeFile], by added: [AddedFiles.File]) -> [TreeFile] {
        if added.isEmpty { return files }
        let paths = Set(added.map(\.path))
        let folders = Set(added.flatMap { Self.folders(of: $0.path) })
        return files.filter { file in
            let path = GoPath.relative(file.path, to: scope)
            return !paths.contains(path) && !folders.contains(path)
                && !Self.folders(of: path).contains(where: paths.contains)
        }
    }

    /// The folders above a path, but not the context itself.
    private static func folders(of path: PathBytes) -> [PathBytes] {
        path.indices.filter { path[$0] == UInt8(ascii: "/") }.map { PathBytes(path[..<$0]) }
    }

    /// Nil when only the whole context is sure to hold what the patterns take.
    private static func matcher(_ patterns: [String]) throws -> IncludeGlobs? {
        var globs: [String] = []
        for pattern in patterns {
            let path = Self.glob(pattern)
            if path == "." || path.contains(where: { "[]\\".contains($0) }) || path.hasPrefix("*") { return nil }
            // `**` in a part spans parts for --parents only.
            if path.split(separator: "/").contains(where: { $0 != "**" && $0.contains("**") }) { return nil }
            globs.append(path.replacing("{", with: "\\{"))
        }
        return try IncludeGlobs(globs)
    }

    /// Without the pivot of --parents. A wildcard before it may take files, which are sources themselves.
    private static func glob(_ pattern: String) -> String {
        guard let pivot = pattern.firstRange(of: "/./") else { return pattern }
        let base = pattern[..<pivot.lowerBound]
        return base.contains { "*?".contains($0) } ? String(base) : base + "/" + pattern[pivot.upperBound...]
    }

    /// True when a folder on the way of a pattern is a link: what it takes lies elsewhere then.
    private func leadsThroughLink(_ patterns: [String]) throws -> Bool {
        for pattern in patterns {
            var path = scope
            for element in pattern.split(separator: "/").dropLast() {
                if element.contains(where: { "*?".contains($0) }) { break }
                path = path.isEmpty ? Array(element.utf8) : path + [UInt8(ascii: "/")] + Array(element.utf8)
                if try tree.tree.node(at: path)?.kind == .link { return true }
            }
        }
        return false
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
            let globs = try Self.matcher(patterns)
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
