// Include and exclude globs as path matchers, down to the question whether a directory is taken whole.

/// A glob in the three forms that a path is tried against, and element by element for the way down.
struct CompiledGlob: Sendable {
    private struct Element: Sendable {
        let pattern: DoublestarPattern
        let holdsDoublestar: Bool
        /// From here on the glob is only stars: everything inside matches.
        let isUniversalFromHere: Bool
    }

    private let forms: [DoublestarPattern]
    private let elements: [Element]
    let isUniversal: Bool

    init(_ glob: String) throws(FileTreeError) {
        let formatted = GoPath.formatted(glob.utf8)
        let parts = GoPath.elements(of: formatted)
        let trimmed = Self.trimmed(parts)
        let everythingInside = GoPath.joined(
            trimmed.isEmpty ? [Self.doublestar, [star]] : [trimmed, Self.doublestar, [star]])
        var forms: [PathBytes] = []
        for form in [formatted, trimmed, everythingInside] where !forms.contains(form) { forms.append(form) }
        var compiled: [DoublestarPattern] = []
        for form in forms { compiled.append(try DoublestarPattern(form)) }
        var elements: [Element] = []
        for (index, part) in parts.enumerated() {
            elements.append(
                Element(
                    pattern: try DoublestarPattern(part),
                    holdsDoublestar: zip(part, part.dropFirst()).contains { $0 == star && $1 == star },
                    isUniversalFromHere: Self.trimmed(Array(parts[index...])).isEmpty))
        }
        self.forms = compiled
        self.elements = elements
        isUniversal = trimmed.isEmpty
    }

    private static let doublestar = [star, star]

    /// The glob without its trailing elements that are only stars.
    private static func trimmed(_ parts: [PathBytes]) -> PathBytes {
        let kept = parts.lastIndex { part in part.contains { $0 != star } }
        return kept.map { GoPath.joined(parts[...$0]) } ?? []
    }

    func matches(_ path: PathBytes) -> Bool { forms.contains { $0.matches(path) } }

    /// How far a glob has come along a path.
    enum Progress: Equatable {
        case at(Int)
        case complete, failed
    }

    func advanced(_ index: Int, over part: PathBytes) -> Progress {
        guard index < elements.count, elements[index].pattern.matches(part) else { return .failed }
        // An element with ** may match any number of further elements: it stays.
        if elements[index].holdsDoublestar { return .at(index) }
        return index + 1 < elements.count ? .at(index + 1) : .complete
    }

    func isUniversal(from index: Int) -> Bool { elements[index].isUniversalFromHere }
}

private let star = UInt8(ascii: "*")

/// Where a set of globs stands after the elements of a path.
private struct GlobProgress {
    var isSomeComplete = false
    var isSomeOpen = false
    var isSomeUniversal = false

    init(_ globs: [CompiledGlob], along path: PathBytes) {
        var open = globs.indices.map { (glob: $0, at: 0) }
        for part in GoPath.elements(of: path) where !open.isEmpty {
            isSomeComplete = false
            var next: [(glob: Int, at: Int)] = []
            for (glob, index) in open {
                switch globs[glob].advanced(index, over: part) {
                case .at(let place): next.append((glob, place))
                case .complete: isSomeComplete = true
                case .failed: break
                }
            }
            open = next
        }
        isSomeOpen = !open.isEmpty
        isSomeUniversal = open.contains { globs[$0.glob].isUniversal(from: $0.at) }
    }
}

/// Paths that a glob matches, and everything inside them; without globs, every path.
package struct IncludeGlobs: PathMatcher {
    private let globs: [CompiledGlob]

    package init(_ globs: [String]) throws(FileTreeError) {
        var compiled: [CompiledGlob] = []
        for glob in globs { compiled.append(try CompiledGlob(glob)) }
        self.globs = compiled
    }

    package func isMatched(_ path: PathBytes) -> Bool { globs.isEmpty || globs.contains { $0.matches(path) } }

    package func shouldGoThrough(_ path: PathBytes) -> Bool {
        if globs.isEmpty || globs.contains(where: \.isUniversal) { return false }
        if path.isEmpty { return true }
        let progress = GlobProgress(globs, along: path)
        return progress.isSomeOpen && !progress.isSomeUniversal
    }
}

/// Paths that no glob matches, nor lie inside one that does.
package struct ExcludeGlobs: PathMatcher {
    private let globs: [CompiledGlob]

    package init(_ globs: [String]) throws(FileTreeError) {
        var compiled: [CompiledGlob] = []
        for glob in globs { compiled.append(try CompiledGlob(glob)) }
        self.globs = compiled
    }

    package func isMatched(_ path: PathBytes) -> Bool { !globs.contains { $0.matches(path) } }

    package func shouldGoThrough(_ path: PathBytes) -> Bool {
        if globs.isEmpty || globs.contains(where: \.isUniversal) { return false }
        if path.isEmpty { return true }
        let progress = GlobProgress(globs, along: path)
        return progress.isSomeOpen && !progress.isSomeUniversal && !progress.isSomeComplete
    }
}
