// Expanding the wildcards of a COPY source.

enum SourceGlob {
    /// Paths that one wildcard may match.
    static let matchesMax = 1_000_000

    /// The paths in `root` that `pattern` names, in byte order; without wildcards the path itself, existing or not.
    /// Wildcards do not look through links, as in BuildKit; a part before the first one must exist.
    static func expand(_ pattern: String, in root: RootDirectory) throws -> [FileName] {
        let parts = pattern.split(separator: "/").filter { $0 != "." }
        guard let first = parts.firstIndex(where: { PathPattern.hasWildcard($0) }) else {
            return [try FileName("/" + parts.joined(separator: "/"))]
        }
        let base = try FileName("/" + parts[..<first].joined(separator: "/"))
        let location = try root.locate(base)
        guard location.isDirectory else {
            throw SandboxError.missing(
                "\"\(base.text)\", of the pattern \"\(pattern)\", is not a directory in the source")
        }
        var wanted: [PathPattern] = []
        for part in parts[first...] { wanted.append(try PathPattern(part)) }
        var matches: [FileName] = []
        try expand(wanted[...], in: location.deepest, at: base, to: &matches)
        return matches
    }

    private static func expand(
        _ wanted: ArraySlice<PathPattern>, in directory: Handle, at path: FileName, to matches: inout [FileName]
    ) throws {
        guard let pattern = wanted.first else { return }
        let prefix = path == "/" ? [] : Array(path.bytes.dropLast())
        for name in try Kernel.names(in: directory) where pattern.matches(name.text) {
            let found = FileName(content: prefix + [47] + name.bytes.dropLast())
            if wanted.count == 1 {
                guard matches.count < matchesMax else {
                    throw SandboxError.request("a wildcard matches more than \(matchesMax) files")
                }
                matches.append(found)
            } else if try Kernel.status(name, at: directory)?.kind == .directory {
                let below = try Kernel.openDirectory(name, at: directory)
                try expand(wanted.dropFirst(), in: below, at: found, to: &matches)
            }
        }
    }
}
