// The files of a tree that a matcher selects, one by one.

extension FileTree {
    /// Files and links below `scope` that `matcher` matches, in git's order, submodules entered.
    /// Throws when it has to look into a submodule that is not checked out.
    package func files(
        scope: PathBytes = [], matcher: any PathMatcher = AllPaths()
    ) throws(FileTreeError) -> [TreeFile] {
        let scope = GoPath.formatted(scope)
        guard let node = try node(at: scope) else { return [] }
        var found: [TreeFile] = []
        try collect(node, at: scope, matcher, into: &found)
        return found
    }

    private func collect(
        _ node: Node, at path: PathBytes, _ matcher: any PathMatcher, into found: inout [TreeFile]
    ) throws(FileTreeError) {
        if node.kind.hasContent {
            guard matcher.isMatched(path) else { return }
            found.append(TreeFile(path: path, kind: node.kind, id: node.id, source: node.source))
            return
        }
        guard matcher.isOfInterest(path) else { return }
        guard let directory = node.directory else { throw .submoduleMissing(path: GoPath.text(path)) }
        for entry in directories[directory].entries {
            try collect(
                self.node(at: entry, in: directory), at: self.path(path, name(of: entry)), matcher, into: &found)
        }
    }

    /// Names and kinds of a directory's entries, in git's order; nil when `path` is no directory.
    package func entries(at path: PathBytes) throws(FileTreeError) -> [(name: PathBytes, kind: FileKind)]? {
        guard let node = try node(at: path) else { return nil }
        if node.kind == .submodule, node.directory == nil { throw .submoduleMissing(path: GoPath.text(path)) }
        guard let directory = node.directory else { return nil }
        return directories[directory].entries.map { (PathBytes(name(of: $0)), entries[$0].kind) }
    }

    func path(_ folder: PathBytes, _ name: some Collection<UInt8>) -> PathBytes {
        if folder.isEmpty { return PathBytes(name) }
        var path = PathBytes()
        path.reserveCapacity(folder.count + name.count + 1)
        path += folder
        path.append(GoPath.slash)
        path += name
        return path
    }
}
