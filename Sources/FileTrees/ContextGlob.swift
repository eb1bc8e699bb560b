// Globs over the files of a context, as Go's filepath.Glob with `**` as any number of folders.

extension ContextFiles {
    /// Paths that `glob` matches, sorted; the context itself is `.`. Folders reached through links count, `**` follows none.
    package func matches(of glob: String) throws(FileTreeError) -> [PathBytes] {
        let elements = GoPath.clean([GoPath.slash] + PathBytes(glob.utf8)).split(separator: GoPath.slash)
        var found: Set<PathBytes> = [[]]
        for element in elements {
            let pattern = try GoElementPattern(PathBytes(element))
            var next: Set<PathBytes> = []
            for path in found {
                guard let node = node(at: path, isLinkFollowed: true) else { continue }
                if pattern.isAnyFolders {
                    collectFolders(node, path, into: &next)
                } else if let children = children(of: node) {
                    for name in children.keys where pattern.matches(name) { next.insert(joined(path, name)) }
                }
                guard next.count <= FileTree.filesMax else { throw .tooManyFiles(limit: FileTree.filesMax) }
            }
            found = next
        }
        return found.map { $0.isEmpty ? [UInt8(ascii: ".")] : $0 }.sorted { $0.lexicographicallyPrecedes($1) }
    }

    private func collectFolders(_ node: Int, _ path: PathBytes, into found: inout Set<PathBytes>) {
        guard let children = children(of: node) else { return }
        found.insert(path)
        for (name, child) in children { collectFolders(child, joined(path, name), into: &found) }
    }

    func joined(_ path: PathBytes, _ name: PathBytes) -> PathBytes {
        path.isEmpty || path == [UInt8(ascii: ".")] ? name : path + [GoPath.slash] + name
    }
}

/// One element of a Go glob: like doublestar's, without alternatives, and only `^` negates a class.
private struct GoElementPattern {
    let isAnyFolders: Bool
    private let pattern: DoublestarPattern

    init(_ element: PathBytes) throws(FileTreeError) {
        isAnyFolders = element == Array("**".utf8)
        var translated: PathBytes = []
        var isEscaped = false
        for (index, byte) in element.enumerated() {
            let isBrace = byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}")
            let isClassMark = byte == UInt8(ascii: "!") && index > 0 && element[index - 1] == UInt8(ascii: "[")
            if !isEscaped, isBrace || isClassMark { translated.append(UInt8(ascii: "\\")) }
            isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            translated.append(byte)
        }
        pattern = try DoublestarPattern(translated)
    }

    func matches(_ name: PathBytes) -> Bool { pattern.matches(name) }
}
