// werf's checksum of the part of a tree that a matcher selects (facts: ls-tree checksum, files checksum).
import Digests

package enum TreeChecksum {
    /// SHA-256 (lower-case hex) over the object ids of what `matcher` selects below `scope`, ordered by path; empty text
    /// when nothing is selected. A directory that is matched whole counts as its tree id, a single file as its blob id
    /// alone: neither its name nor its mode. Throws when it has to look into a submodule that is not checked out.
    package static func lsTree(
        _ tree: FileTree, scope: PathBytes = [], matcher: any PathMatcher = AllPaths()
    ) throws(FileTreeError) -> String {
        let walk = SelectionWalk(tree: tree, matcher: matcher)
        var selection = Selection()
        try walk.select(scope: scope, into: &selection)
        return selection.checksum()
    }

    /// The item of a COPY or ADD from the context: `SHA256(lsTree)`, and with added files that match,
    /// `SHA256(that, hex(sha256(path and content of each)))`.
    ///
    /// `context` is the context folder from the repository's root; `ignore` sees paths relative to it; `sources` are the
    /// expanded sources of the instruction.
    package static func files(
        of tree: FileTree, context: PathBytes, ignore: any PathMatcher = AllPaths(), sources: [String],
        added: AddedFiles? = nil
    ) throws -> String {
        let included = try IncludeGlobs(sources.map(normalized(source:)))
        let matcher = AllOf([BasePath(context, ignore), BasePath(context, included)])
        let checksum = JoinedHash.sha256([try lsTree(tree, scope: GoPath.formatted(context), matcher: matcher)])
        guard let addedChecksum = try added?.checksum(matching: included) else { return checksum }
        return JoinedHash.sha256([checksum, addedChecksum])
    }

    /// A source as a path relative to the context: `/` is all of it.
    private static func normalized(source: String) -> String {
        let cleaned = GoPath.clean(source.utf8)
        if cleaned == [GoPath.slash] { return "." }
        return GoPath.text(cleaned.first == GoPath.slash ? cleaned.dropFirst() : cleaned[...])
    }
}

/// What was selected in one repository, and in the submodules that were entered.
private struct Selection {
    var entries: [(path: PathBytes, id: ObjectID)] = []
    var submodules: [(path: PathBytes, selection: Selection)] = []

    var isEmpty: Bool { entries.isEmpty && submodules.isEmpty }

    consuming func checksum() -> String {
        if isEmpty { return "" }
        var hasher = Hasher(.sha256)
        var hex: [UInt8] = []
        for entry in sorted(entries, by: \.path) {
            hex.removeAll(keepingCapacity: true)
            entry.id.appendHex(to: &hex)
            hasher.update(hex)
        }
        for submodule in sorted(submodules, by: \.path) { hasher.update(submodule.selection.checksum()) }
        return Hexadecimal.text(hasher.finish())
    }

    /// The walk meets paths nearly in byte order: a directory taken whole (`a`) may come after `a.b`.
    private func sorted<Item>(_ items: [Item], by path: KeyPath<Item, PathBytes>) -> [Item] {
        let isSorted = zip(items, items.dropFirst()).allSatisfy {
            !$1[keyPath: path].lexicographicallyPrecedes($0[keyPath: path])
        }
        return isSorted
            ? items : items.sorted { $0[keyPath: path].lexicographicallyPrecedes($1[keyPath: path]) }
    }
}

private struct SelectionWalk {
    let tree: FileTree
    let matcher: any PathMatcher

    /// Goes down to `scope`; each submodule on the way makes a selection of its own.
    func select(scope: PathBytes, into selection: inout Selection) throws(FileTreeError) {
        try descend(from: tree.root, at: [], along: GoPath.elements(of: scope)[...], into: &selection)
    }

    private func descend(
        from node: FileTree.Node, at path: PathBytes, along elements: ArraySlice<PathBytes>,
        into selection: inout Selection
    ) throws(FileTreeError) {
        guard let element = elements.first else { return try match(node, at: path, into: &selection) }
        guard let directory = node.directory else {
            if node.kind == .submodule { throw .submoduleMissing(path: GoPath.text(path)) }
            return
        }
        guard let next = tree.node(at: element[...], in: directory) else { return }
        let nextPath = tree.path(path, element)
        guard next.kind == .submodule, elements.count > 1 else {
            return try descend(from: next, at: nextPath, along: elements.dropFirst(), into: &selection)
        }
        var inner = Selection()
        try descend(from: next, at: nextPath, along: elements.dropFirst(), into: &inner)
        if !inner.isEmpty { selection.submodules.append((nextPath, inner)) }
    }

    private func match(
        _ node: FileTree.Node, at path: PathBytes, into selection: inout Selection
    ) throws(FileTreeError) {
        guard node.kind == .directory || node.kind == .submodule else {
            if matcher.isMatched(path) { selection.entries.append((path, node.id)) }
            return
        }
        guard matcher.shouldGoThrough(path) else {
            if matcher.isMatched(path) { selection.entries.append((path, node.id)) }
            return
        }
        guard let directory = node.directory else { throw .submoduleMissing(path: GoPath.text(path)) }
        if node.kind == .directory { return try matchChildren(of: directory, at: path, into: &selection) }
        var inner = Selection()
        try matchChildren(of: directory, at: path, into: &inner)
        // As werf does: a submodule of which only nested submodules are selected does not count.
        if !inner.entries.isEmpty { selection.submodules.append((path, inner)) }
    }

    private func matchChildren(
        of directory: Int, at path: PathBytes, into selection: inout Selection
    ) throws(FileTreeError) {
        for entry in tree.directories[directory].entries {
            try match(
                tree.node(at: entry, in: directory), at: tree.path(path, tree.name(of: entry)), into: &selection)
        }
    }
}
