// Globs as werf's configuration uses them: a glob also stands for everything below what it names.

/// `dir`, `dir/*` and `dir/**/*` all allow `dir` and every path below it: werf drops the stars on the right and adds
/// `**/*`.
struct PathGlob: Sendable {
    private let patterns: [PathPattern]

    init?(_ glob: String) {
        var stem = glob[...]
        while let last = stem.last, last == "/" || (last == "*" && stem.dropLast().last != "\\") { stem.removeLast() }
        let below = stem.isEmpty ? (glob.hasPrefix("/") ? "/**/*" : "**/*") : "\(stem)/**/*"
        var patterns: [PathPattern] = []
        for text in [glob, String(stem), below] {
            guard let pattern = PathPattern(text) else { return nil }
            patterns.append(pattern)
        }
        self.patterns = patterns
    }

    func matches(_ path: String) -> Bool {
        patterns.contains { $0.matches(path) }
    }
}

struct PathGlobs: Sendable {
    private var globs: [PathGlob] = []

    init() {}

    init(_ globs: [PathGlob]) {
        self.globs = globs
    }

    func match(_ path: String) -> Bool {
        globs.contains { $0.matches(path) }
    }
}

extension FieldReader {
    func globs(_ key: String) throws(ConfigError) -> PathGlobs {
        var globs: [PathGlob] = []
        for item in try list(key) ?? [] {
            guard let text = item.scalar?.text else {
                throw source.error(item, "`\(key)` must be a list of strings, and one element is \(item.kind).")
            }
            guard let glob = PathGlob(text) else {
                throw source.error(
                    item, "`\(text)` is not a glob: a class or brace is not closed, or it is too large.",
                    hint: "Put a backslash before a literal ?, [ or {.")
            }
            globs.append(glob)
        }
        return PathGlobs(globs)
    }
}
