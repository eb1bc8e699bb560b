// Which files of a context an instruction can touch: those that its patterns take, and those that links on the way lead to.
import FileTrees

/// Enough for COPY, ADD and bind mounts, with `--parents` or without, to do what they would with the whole context, and
/// to fail where they would: more never harms, less would. Links in a folder that is taken stay links and lead nowhere.
struct ContextSelection {
    /// Links that wildcards may find; beyond them the whole context is taken.
    static let foundLinksMax = 10_000

    private let globs: IncludeGlobs
    private let walk: LinkWalk
    /// Links that were followed.
    private var followed: Set<PathBytes> = []
    /// Files, or folders with all that they hold.
    private var taken: Set<PathBytes> = []
    /// Paths that stay where they are: of folders any file will do.
    private var needed: Set<PathBytes> = []
    private var foundLinks = 0

    /// Nil when only the whole context is sure to be enough.
    init?(_ patterns: [String], links: @autoclosure () throws -> [PathBytes: PathBytes]) throws {
        guard let globs = try Self.globs(patterns) else { return nil }
        self.globs = globs
        walk = LinkWalk(links: try links())
        for pattern in patterns {
            guard add(pattern) else { return nil }
        }
        if taken.contains([]) { return nil }
    }

    /// For each of `paths`, which are those of the whole context, whether it is selected.
    func choose(among paths: [PathBytes]) -> [Bool] {
        var chosen = paths.map { globs.isMatched($0) || followed.contains($0) || holds(taken, $0) }
        guard !needed.isEmpty else { return chosen }
        var lacking = needed
        for (path, isChosen) in zip(paths, chosen) where isChosen && !lacking.isEmpty {
            lacking.subtract(Self.prefixes(of: path))
        }
        for (index, path) in paths.enumerated() where !lacking.isEmpty && holds(lacking, path) {
            chosen[index] = true
            lacking.subtract(Self.prefixes(of: path))
        }
        return chosen
    }

    private func holds(_ set: Set<PathBytes>, _ path: PathBytes) -> Bool {
        !set.isEmpty && Self.prefixes(of: path).contains(where: set.contains)
    }

    /// The path, and the folders above it but the context itself.
    private static func prefixes(of path: PathBytes) -> [PathBytes] { folders(of: path) + [path] }

    static func folders(of path: PathBytes) -> [PathBytes] {
        path.indices.filter { path[$0] == UInt8(ascii: "/") }.map { PathBytes(path[..<$0]) }
    }
}

// MARK: Links

extension ContextSelection {
    /// False when it can't be told what the pattern leads to.
    private mutating func add(_ pattern: String) -> Bool {
        let parts = LinkWalk.parts(of: pattern.utf8)
        // A mount's source is no pattern, whatever it holds.
        guard follow(parts), addWildcards(parts) else { return false }
        guard let pivot = pattern.firstRange(of: "/./") else { return true }
        return addWildcards(LinkWalk.parts(of: pattern[..<pivot.lowerBound].utf8))
    }

    /// All that a source leads to, when links are on its way; the globs take it otherwise.
    private mutating func follow(_ source: [PathBytes]) -> Bool {
        guard let end = walk.end(of: source) else { return false }
        note(end)
        if !end.links.isEmpty { taken.insert(end.path) }
        return true
    }

    private mutating func note(_ end: LinkWalk.End) {
        followed.formUnion(end.links)
        needed.formUnion(end.left)
    }

    /// What is before the first wildcard is a folder, found through links; wildcards look through none, but a link that
    /// the last of them finds is a source.
    private mutating func addWildcards(_ parts: [PathBytes]) -> Bool {
        let first = parts.firstIndex { $0.contains { "*?".utf8.contains($0) } } ?? parts.endIndex
        guard let base = walk.end(of: Array(parts[..<first])) else { return false }
        note(base)
        if !base.parts.isEmpty { needed.insert(base.path) }
        guard first < parts.endIndex else { return true }
        let isElsewhere = !base.links.isEmpty
        if isElsewhere { taken.insert(base.path) }
        let depth = base.parts.count + parts.count - first
        for link in walk.links.keys {
            let place = LinkWalk.parts(of: link)
            guard place.count == depth, place.starts(with: base.parts), isElsewhere || globs.isMatched(link) else {
                continue
            }
            foundLinks += 1
            guard foundLinks <= Self.foundLinksMax, follow(place) else { return false }
        }
        return true
    }
}

// MARK: Globs

extension ContextSelection {
    /// Nil when only the whole context is sure to hold what the patterns take.
    static func globs(_ patterns: [String]) throws -> IncludeGlobs? {
        var globs: [String] = []
        for pattern in patterns {
            let path = glob(pattern)
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
}
