// The files of a project under werf's giterminism: from the commit, with the exceptions that the configuration allows.
import FileTrees
import Synchronization
import SystemPackage

/// Where files come from, and what may differ from the commit.
package enum Giterminism: Sendable {
    /// From the commit. What `allowsUncommitted` (a path from the project's root) accepts comes from the disk alone; nil
    /// accepts nothing. With `isDevelopment` the commit was made of the work tree, and nothing has to be compared.
    case strict(allowsUncommitted: (@Sendable (String) -> Bool)?, isDevelopment: Bool)
    /// From the disk alone.
    case loose
}

/// Paths are relative to the project's root, with `/`, cleaned, without a leading slash. Links are followed inside the
/// repository; one that leaves it is an error.
package final class GitProjectFiles: Sendable {
    private let repository: Repository
    private let files: CommitFiles
    private let giterminism: Giterminism
    private let project: PathBytes
    private let seenChanges: SeenChanges
    private let expected = ExpectedFiles()
    /// Opened once: each path is looked up from it.
    private let disk = Mutex<DiskView?>(nil)

    /// `changes` nil asks git anew.
    package init(
        _ files: CommitFiles, in repository: Repository, giterminism: Giterminism, changes: SeenChanges? = nil
    ) {
        seenChanges = changes ?? SeenChanges(repository)
        self.files = files
        self.repository = repository
        self.giterminism = giterminism
        project = PathBytes(repository.projectPath.utf8)
    }

    /// The file's bytes; nil when there is no such file where it has to be. Throws `uncommitted` when the file, or what
    /// it links to, differs from the commit, is untracked, or was deleted.
    package func read(_ path: String) throws -> [UInt8]? {
        let place = try place(of: path)
        if !isFromDisk(path) { try check([place]) }
        var passed: [PathBytes] = []
        let view = try view(for: path)
        guard let found = try view.resolve(place, onLink: { passed.append($0) }) else { return nil }
        try checkLinks(passed + [found.path], of: path)
        guard !found.isDirectory else { throw GitError.notAFile(path: path) }
        return try view.bytes(at: found.path)
    }

    /// Fetches committed files that are going to be read.
    package func expect(_ paths: [String]) {
        let nodes = paths.filter { !isFromDisk($0) }.compactMap { path -> TreeFile? in
            guard let place = try? place(of: path), let node = try? files.tree.node(at: place),
                node.kind == .file || node.kind == .executable
            else { return nil }
            return TreeFile(path: place, kind: node.kind, id: node.id, source: node.source)
        }
        expected.fetch(nodes, from: files)
    }

    private var commitView: CommitView { CommitView(files: files, expected: expected) }

    private func diskView() throws -> DiskView {
        try disk.withLock { disk in
            let view = try disk ?? DiskView(repository.workTree)
            disk = view
            return view
        }
    }

    /// True for files and folders, wherever they are to be read from. An untracked file does not exist.
    package func exists(_ path: String) throws -> Bool { try view(for: path).resolve(place(of: path)) != nil }

    package func isDirectory(_ path: String) throws -> Bool {
        try view(for: path).resolve(place(of: path))?.isDirectory ?? false
    }

    /// True for a file that stands on the disk or in the commit, whether it may be read or not.
    package func isAnywhere(_ path: String) throws -> Bool {
        let place = try place(of: path)
        if let found = try diskView().resolve(place) { return !found.isDirectory }
        if case .loose = giterminism { return false }
        return try commitView.resolve(place).map { !$0.isDirectory } ?? false
    }

    /// Files that a doublestar pattern matches, or that lie in a folder that it matches; sorted. Throws `uncommitted` when
    /// one of them, or one that would be, differs from the commit.
    package func glob(_ pattern: String) throws -> [String] {
        try files(matching: IncludeGlobs([pattern]), below: project)
    }

    /// All files below a folder, at any depth; sorted. The folder may lie beside the project (`../templates`).
    package func list(under folder: String) throws -> [String] {
        let place = try place(of: folder)
        let isInside = project.isEmpty || place.starts(with: project + [slash])
        let base = isInside ? project : []
        let path = GoPath.relative(place, to: base)
        return try files(matching: BasePath(path), below: base).filter { $0 != folder }
    }

    private func place(of path: String) throws -> PathBytes {
        let joined = GoPath.formatted(project.isEmpty ? PathBytes(path.utf8) : project + [slash] + PathBytes(path.utf8))
        guard !joined.starts(with: "../".utf8), joined != Array("..".utf8), joined.first != slash else {
            throw GitError.linkLeavesRepository(path: path, target: GoPath.text(joined))
        }
        return joined
    }

    private func isFromDisk(_ path: String) -> Bool {
        switch giterminism {
        case .loose: true
        case .strict(let allows, _): allows?(path) ?? false
        }
    }

    private func view(for path: String) throws -> any ProjectView {
        try isFromDisk(path) ? diskView() : commitView
    }

    /// What links led to must obey the same rule as the path itself.
    private func checkLinks(_ places: [PathBytes], of path: String) throws {
        guard case .strict(let allows, _) = giterminism else { return }
        guard let allows, allows(path) else { return try check(places) }
        for place in places where !allows(shown(place)) {
            throw GitError.linkTargetNotAllowed(path: path, target: shown(place))
        }
    }

    private func shown(_ place: PathBytes) -> String { GoPath.text(GoPath.relative(place, to: project)) }

    /// Throws when one of `places`, something below it, or a submodule around it, is not as in the commit.
    private func check(_ places: [PathBytes]) throws {
        guard case .strict(_, isDevelopment: false) = giterminism else { return }
        let matchers = places.map { BasePath($0) }
        try seenChanges.require { changes in
            let found = changes.filter { change in
                matchers.contains { change.isSubmodule ? $0.isOfInterest(change.path) : $0.isMatched(change.path) }
            }
            if !found.isEmpty { throw GitError.uncommitted(found.map { self.shown($0.path) }) }
        }
    }

    /// `matcher` sees paths from `base`; the result's are from the project's root.
    private func files(matching matcher: some PathMatcher, below base: PathBytes) throws -> [String] {
        func found(in view: any ProjectView) throws -> [String] {
            let paths = try ProjectWalk(view: view, matcher: matcher).files(of: base)
            if base == project { return paths }
            return paths.map { shown((base.isEmpty ? [] : base + [slash]) + PathBytes($0.utf8)) }
        }
        switch giterminism {
        case .loose:
            return try found(in: diskView())
        case .strict(let allows, let isDevelopment):
            let committed = try found(in: commitView)
            if !isDevelopment { try checkChanges(matching: BasePath(base, matcher), but: allows) }
            guard let allows else { return committed }
            let onDisk = try found(in: diskView())
            return Set(committed.filter { !allows($0) }).union(onDisk.filter(allows)).sorted()
        }
    }

    /// `matcher` sees paths from the top of the work tree.
    private func checkChanges(matching matcher: some PathMatcher, but allows: (@Sendable (String) -> Bool)?) throws {
        try seenChanges.require { changes in
            let found = changes.filter { change in
                let isMeant = change.isSubmodule ? matcher.isOfInterest(change.path) : matcher.isMatched(change.path)
                return isMeant && !(allows?(self.shown(change.path)) ?? false)
            }
            if !found.isEmpty { throw GitError.uncommitted(found.map { self.shown($0.path) }) }
        }
    }
}

private let slash = UInt8(ascii: "/")
