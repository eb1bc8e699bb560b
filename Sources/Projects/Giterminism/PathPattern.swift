// Doublestar globs over paths: `**` stands for any number of folders, `{a,b}` for one of several texts.

/// Matching is O(pattern components x path components): no backtracking over `**`.
package struct PathPattern: Sendable {
    private enum Component: Sendable {
        case folders
        case glob(GlobComponent)
    }

    /// Texts that the braces of one pattern may stand for.
    static let maximumAlternatives = 256
    /// Bytes of one pattern.
    static let maximumLength = 4096

    private let alternatives: [[Component]]

    /// nil when a class or brace is not closed, or the pattern is too large.
    package init?(_ pattern: String) {
        guard pattern.utf8.count <= Self.maximumLength, let texts = BraceExpansion.expand(pattern) else { return nil }
        var alternatives: [[Component]] = []
        for text in texts {
            var components: [Component] = []
            for part in text.split(separator: "/", omittingEmptySubsequences: true) where part != "." {
                if part == "**" {
                    components.append(.folders)
                } else if let glob = GlobComponent(part, negations: ["^", "!"]) {
                    components.append(.glob(glob))
                } else {
                    return nil
                }
            }
            alternatives.append(components)
        }
        self.alternatives = alternatives
    }

    /// Absolute or relative does not matter, as long as pattern and path agree.
    package func matches(_ path: String) -> Bool {
        let parts = path.split(separator: "/").filter { $0 != "." }.map { Array($0.unicodeScalars) }
        return alternatives.contains { Self.matches($0, parts) }
    }

    /// One row of a table: `reachable[i]` tells whether the components so far can end before part i.
    private static func matches(_ components: [Component], _ parts: [[Unicode.Scalar]]) -> Bool {
        var reachable = Array(repeating: false, count: parts.count + 1)
        reachable[0] = true
        for component in components {
            switch component {
            case .folders:
                guard let first = reachable.firstIndex(of: true) else { return false }
                for index in first..<reachable.count { reachable[index] = true }
            case .glob(let glob):
                for index in parts.indices.reversed() {
                    reachable[index + 1] = reachable[index] && glob.matches(parts[index])
                }
                reachable[0] = false
            }
        }
        return reachable[parts.count]
    }
}

enum BraceExpansion {
    /// All texts that a pattern with `{a,b}` stands for; braces may be nested. nil when one is not closed, or there are
    /// too many.
    static func expand(_ pattern: String) -> [String]? {
        var done: [String] = []
        var pending = [Array(pattern.unicodeScalars)]
        while let text = pending.popLast() {
            guard let open = firstOpen(in: text) else {
                done.append(string(text))
                guard done.count <= PathPattern.maximumAlternatives else { return nil }
                continue
            }
            guard let (options, close) = options(in: text, after: open) else { return nil }
            for option in options.reversed() {
                pending.append(Array(text[..<open]) + Array(option) + Array(text[(close + 1)...]))
            }
            guard pending.count + done.count <= PathPattern.maximumAlternatives else { return nil }
        }
        return done
    }

    private static func firstOpen(in text: [Unicode.Scalar]) -> Int? {
        var index = 0
        while index < text.count {
            if text[index] == "\\" {
                index += 1
            } else if text[index] == "{" {
                return index
            }
            index += 1
        }
        return nil
    }

    private static func options(
        in text: [Unicode.Scalar], after open: Int
    ) -> (options: [ArraySlice<Unicode.Scalar>], close: Int)? {
        var options: [ArraySlice<Unicode.Scalar>] = []
        var (depth, start, index) = (0, open + 1, open + 1)
        while index < text.count {
            switch text[index] {
            case "\\": index += 1
            case "{": depth += 1
            case "}" where depth == 0:
                options.append(text[start..<index])
                return (options, index)
            case "}": depth -= 1
            case "," where depth == 0:
                options.append(text[start..<index])
                start = index + 1
            default: break
            }
            index += 1
        }
        return nil
    }

    private static func string(_ scalars: [Unicode.Scalar]) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
