// One glob as Go's filepath.Match reads it: `*`, `?`, `[a-z]`, `[^a]`, `\x`; none of them crosses a `/`.

struct ShellPattern: Sendable {
    private let components: [GlobComponent]

    /// nil when a class is not closed or the pattern ends in a lone backslash.
    init?(_ pattern: String) {
        var components: [GlobComponent] = []
        for part in pattern.split(separator: "/", omittingEmptySubsequences: false) {
            guard let component = GlobComponent(part, negations: ["^"]) else { return nil }
            components.append(component)
        }
        self.components = components
    }

    func matches(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == components.count
            && zip(components, parts).allSatisfy { $0.matches(Array($1.unicodeScalars)) }
    }
}

/// A glob without `/`. Matching is O(pattern x text): only the last star is ever tried again.
struct GlobComponent: Sendable {
    private enum Token: Sendable {
        case scalar(Unicode.Scalar)
        case any
        case star
        case oneOf([ClosedRange<Unicode.Scalar>], negated: Bool)
    }

    private let tokens: [Token]

    init?(_ pattern: Substring, negations: Set<Unicode.Scalar>) {
        var tokens: [Token] = []
        var rest = pattern.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "*": tokens.append(.star)
            case "?": tokens.append(.any)
            case "\\":
                guard let escaped = rest.popFirst() else { return nil }
                tokens.append(.scalar(escaped))
            case "[":
                guard let token = Self.readClass(&rest, negations: negations) else { return nil }
                tokens.append(token)
            default: tokens.append(.scalar(scalar))
            }
        }
        self.tokens = tokens
    }

    func matches(_ text: [Unicode.Scalar]) -> Bool {
        var (token, position) = (0, 0)
        var star: (token: Int, position: Int)?
        while position < text.count {
            if token < tokens.count, case .star = tokens[token] {
                star = (token, position)
                token += 1
            } else if token < tokens.count, matches(tokens[token], text[position]) {
                token += 1
                position += 1
            } else if let last = star {
                star = (last.token, last.position + 1)
                token = last.token + 1
                position = last.position + 1
            } else {
                return false
            }
        }
        return tokens[token...].allSatisfy { if case .star = $0 { true } else { false } }
    }

    private func matches(_ token: Token, _ scalar: Unicode.Scalar) -> Bool {
        switch token {
        case .scalar(let expected): expected == scalar
        case .any: true
        case .star: false
        case .oneOf(let ranges, let negated): ranges.contains { $0.contains(scalar) } != negated
        }
    }

    private static func readClass(
        _ rest: inout Substring.UnicodeScalarView, negations: Set<Unicode.Scalar>
    ) -> Token? {
        let negated = rest.first.map(negations.contains) ?? false
        if negated { rest.removeFirst() }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        while true {
            if rest.first == "]", !ranges.isEmpty {
                rest.removeFirst()
                return .oneOf(ranges, negated: negated)
            }
            guard let low = readClassScalar(&rest) else { return nil }
            var high = low
            if rest.first == "-" {
                rest.removeFirst()
                guard let end = readClassScalar(&rest) else { return nil }
                high = end
            }
            // A range that runs backwards matches nothing; it is still a range.
            ranges.append(low <= high ? low...high : "\u{10FFFF}"..."\u{10FFFF}")
        }
    }

    private static func readClassScalar(_ rest: inout Substring.UnicodeScalarView) -> Unicode.Scalar? {
        guard let scalar = rest.popFirst(), scalar != "-", scalar != "]" else { return nil }
        return scalar == "\\" ? rest.popFirst() : scalar
    }
}
