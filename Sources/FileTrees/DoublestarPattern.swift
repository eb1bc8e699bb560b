// Path patterns of the kind werf uses (bmatcuk/doublestar v4, PathMatch): `*`, `?`, `[...]`, `{a,b}` and `**`.

/// A compiled pattern. Alternatives are unfolded when it is made; matching then takes at most
/// pattern length times path length steps for each, whatever the input.
package struct DoublestarPattern: Sendable, Hashable {
    /// Unfolded alternatives of one pattern.
    package static let alternativesMax = 1_024
    /// Bytes of one pattern.
    package static let bytesMax = 4_096

    private let alternatives: [PathBytes]

    package init(_ pattern: PathBytes) throws(FileTreeError) {
        guard pattern.count <= Self.bytesMax else {
            throw .badPattern(GoPath.text(pattern.prefix(64)) + "…", "it is longer than \(Self.bytesMax) bytes")
        }
        if let reason = PatternSyntax.problem(in: pattern) { throw .badPattern(GoPath.text(pattern), reason) }
        var unfolded: [PathBytes] = []
        var waiting = [pattern]
        while let next = waiting.popLast() {
            guard let (head, choices, tail) = PatternSyntax.firstAlternatives(of: next) else {
                unfolded.append(next)
                continue
            }
            waiting += choices.reversed().map { PathBytes(head + $0 + tail) }
            guard unfolded.count + waiting.count <= Self.alternativesMax else {
                throw .tooManyAlternatives(GoPath.text(pattern), limit: Self.alternativesMax)
            }
        }
        alternatives = unfolded
    }

    package init(_ pattern: String) throws(FileTreeError) { try self.init(PathBytes(pattern.utf8)) }

    /// True when the pattern matches all of `path`.
    package func matches(_ path: PathBytes) -> Bool {
        alternatives.contains { alternative in
            var match = DoublestarMatch(pattern: alternative, path: path)
            return match.run()
        }
    }

    package func matches(_ path: String) -> Bool { matches(PathBytes(path.utf8)) }
}

/// One run of one alternative over one path: a position in each, and where to go back to.
private struct DoublestarMatch {
    let pattern: PathBytes
    let path: PathBytes
    private var at = 0
    private var pathAt = 0
    private var isSegmentStart = true
    /// After the last `*`: where the pattern goes on, and the next path position to try it at.
    private var star: (pattern: Int, path: Int)?
    /// After the last `**/`, likewise; only whole path elements are tried.
    private var doublestar: (pattern: Int, path: Int)?

    private static let slash = GoPath.slash
    private static let asterisk = UInt8(ascii: "*")

    init(pattern: PathBytes, path: PathBytes) {
        self.pattern = pattern
        self.path = path
    }

    mutating func run() -> Bool {
        while pathAt < path.count {
            switch step() {
            case .matchedAll: return true
            case .advanced: continue
            case .failed: if !goBack() { return false }
            }
        }
        return isEmptyMatch(pattern[at...])
    }

    private enum Outcome { case matchedAll, advanced, failed }

    private mutating func step() -> Outcome {
        guard at < pattern.count else { return .failed }
        switch pattern[at] {
        case Self.asterisk: return stepOverStars()
        case UInt8(ascii: "?"):
            isSegmentStart = false
            guard path[pathAt] != Self.slash else { return .failed }
            at += 1
            pathAt += Rune.count(path, at: pathAt)
            return .advanced
        case UInt8(ascii: "["):
            isSegmentStart = false
            guard let end = CharacterClass.match(pattern, at: at, Rune.value(path, at: pathAt)) else { return .failed }
            at = end
            pathAt += Rune.count(path, at: pathAt)
            return .advanced
        case UInt8(ascii: "\\"):
            return stepOverLiteral(at + 1)
        default:
            return stepOverLiteral(at)
        }
    }

    private mutating func stepOverLiteral(_ literal: Int) -> Outcome {
        guard literal < pattern.count, pattern[literal] == path[pathAt] else { return .failed }
        isSegmentStart = path[pathAt] == Self.slash
        at = literal + 1
        pathAt += 1
        return .advanced
    }

    /// `**` counts only as a whole path element; elsewhere it is one star.
    private mutating func stepOverStars() -> Outcome {
        at += 1
        if at < pattern.count, pattern[at] == Self.asterisk {
            at += 1
            if isSegmentStart {
                if at == pattern.count { return .matchedAll }
                if pattern[at] == Self.slash {
                    at += 1
                    doublestar = (at, pathAt)
                    star = nil
                    return .advanced
                }
            }
        }
        isSegmentStart = false
        star = (at, pathAt)
        return .advanced
    }

    private mutating func goBack() -> Bool {
        if let star, path[star.path] != Self.slash {
            let next = star.path + Rune.count(path, at: star.path)
            self.star = (star.pattern, next)
            (at, pathAt, isSegmentStart) = (star.pattern, next, false)
            return true
        }
        guard let doublestar, let separator = path[doublestar.path...].firstIndex(of: Self.slash) else { return false }
        self.doublestar = (doublestar.pattern, separator + 1)
        star = nil
        (at, pathAt, isSegmentStart) = (doublestar.pattern, separator + 1, true)
        return true
    }

    /// What may be left of the pattern at the end of the path: `path/**` matches `path` too.
    private func isEmptyMatch(_ rest: ArraySlice<UInt8>) -> Bool {
        let stars = [Self.asterisk, Self.asterisk]
        switch rest.count {
        case 0: return true
        case 1: return rest.elementsEqual([Self.asterisk])
        case 2: return rest.elementsEqual(stars)
        case 3: return rest.elementsEqual([Self.slash] + stars) || rest.elementsEqual(stars + [Self.slash])
        case 4: return rest.elementsEqual([Self.slash] + stars + [Self.slash])
        default: return false
        }
    }
}
