// Which paths of a tree count: the matchers that werf combines (facts: ls-tree checksum).

/// Paths are formatted: relative to the tree's root, cleaned, the root is empty.
package protocol PathMatcher: Sendable {
    /// True when the file or the whole directory at `path` counts.
    func isMatched(_ path: PathBytes) -> Bool
    /// True when some of what is inside the directory `path` may count and some not.
    func shouldGoThrough(_ path: PathBytes) -> Bool
}

extension PathMatcher {
    package func isMatched(_ path: String) -> Bool { isMatched(GoPath.formatted(path.utf8)) }
    package func shouldGoThrough(_ path: String) -> Bool { shouldGoThrough(GoPath.formatted(path.utf8)) }
    /// True when a submodule or directory at `path` is of interest at all.
    package func isOfInterest(_ path: PathBytes) -> Bool { isMatched(path) || shouldGoThrough(path) }
}

/// Everything counts.
package struct AllPaths: PathMatcher {
    package init() {}
    package func isMatched(_ path: PathBytes) -> Bool { true }
    package func shouldGoThrough(_ path: PathBytes) -> Bool { false }
}

/// What every matcher matches.
package struct AllOf: PathMatcher {
    private let matchers: [any PathMatcher]

    package init(_ matchers: [any PathMatcher]) { self.matchers = matchers }

    package func isMatched(_ path: PathBytes) -> Bool { matchers.allSatisfy { $0.isMatched(path) } }

    /// One matcher says go through, and every other one says so or matches.
    package func shouldGoThrough(_ path: PathBytes) -> Bool {
        var someGoThrough = false
        for matcher in matchers {
            if matcher.shouldGoThrough(path) {
                someGoThrough = true
            } else if !matcher.isMatched(path) {
                return false
            }
        }
        return someGoThrough
    }
}

/// What `inner` matches below the folder `base`, whose paths `inner` sees relative to it.
package struct BasePath: PathMatcher {
    private let base: PathBytes
    private let inner: any PathMatcher

    package init(_ base: PathBytes, _ inner: any PathMatcher = AllPaths()) {
        self.base = GoPath.formatted(base)
        self.inner = inner
    }

    package init(_ base: String, _ inner: any PathMatcher = AllPaths()) { self.init(PathBytes(base.utf8), inner) }

    package func isMatched(_ path: PathBytes) -> Bool {
        guard path == base || GoPath.isStrictlyInside(path, base: base) else { return false }
        return inner.isMatched(GoPath.relative(path, to: base))
    }

    package func shouldGoThrough(_ path: PathBytes) -> Bool {
        if GoPath.isStrictlyInside(base, base: path) { return true }
        return inner.shouldGoThrough(GoPath.relative(path, to: base))
    }
}

/// An ignore file, by two functions of whoever understands it.
package struct IgnoreFile: PathMatcher {
    private let isIgnored: @Sendable (String) -> Bool
    private let goThrough: @Sendable (String) -> Bool

    /// `isIgnored`: the patterns exclude the path. `shouldGoThrough`: some pattern may decide differently inside the
    /// directory. Both get formatted paths as text; bytes that are not UTF-8 come as U+FFFD.
    package init(
        isIgnored: @escaping @Sendable (String) -> Bool, shouldGoThrough: @escaping @Sendable (String) -> Bool
    ) {
        self.isIgnored = isIgnored
        goThrough = shouldGoThrough
    }

    package func isMatched(_ path: PathBytes) -> Bool { !isIgnored(GoPath.text(path)) }
    package func shouldGoThrough(_ path: PathBytes) -> Bool { goThrough(GoPath.text(path)) }
}
