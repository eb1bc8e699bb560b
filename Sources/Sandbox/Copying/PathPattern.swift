// Wildcards in COPY sources: the rules of Go's filepath.Match, part by part.

/// One part of a pattern, between slashes: `*`, `?`, `[a-z]`, `[^a-z]`, and `\` before what is meant literally.
struct PathPattern {
    private enum Token {
        case one(Unicode.Scalar)
        case any
        case anyNumber
        case among([ClosedRange<Unicode.Scalar>], negated: Bool)
    }

    private var tokens: [Token] = []

    /// True when a part holds `*`, `?` or `[` that is not escaped.
    static func hasWildcard(_ part: some StringProtocol) -> Bool {
        var escaped = false
        for byte in part.utf8 {
            if escaped {
                escaped = false
            } else if byte == UInt8(ascii: "\\") {
                escaped = true
            } else if byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "[") {
                return true
            }
        }
        return false
    }

    init(_ part: some StringProtocol) throws(SandboxError) {
        var rest = Substring(part).unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "*": tokens.append(.anyNumber)
            case "?": tokens.append(.any)
            case "[": tokens.append(try Self.set(&rest, in: String(part)))
            case "\\":
                guard let literal = rest.popFirst() else { throw Self.bad(String(part)) }
                tokens.append(.one(literal))
            default: tokens.append(.one(scalar))
            }
        }
    }

    private static func bad(_ part: String) -> SandboxError {
        .request("\"\(part)\" is not a pattern: close every [ with a ], and put something after every \\")
    }

    private static func set(_ rest: inout Substring.UnicodeScalarView, in part: String) throws(SandboxError) -> Token {
        let negated = rest.first == "^"
        if negated { rest.removeFirst() }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        while true {
            // A first `]` does not close: an empty set is no pattern.
            if rest.first == "]", !ranges.isEmpty {
                rest.removeFirst()
                return .among(ranges, negated: negated)
            }
            let low = try member(&rest, in: part)
            var high = low
            if rest.first == "-" {
                rest.removeFirst()
                high = try member(&rest, in: part)
            }
            guard low <= high else { throw bad(part) }
            ranges.append(low...high)
        }
    }

    private static func member(
        _ rest: inout Substring.UnicodeScalarView, in part: String
    ) throws(SandboxError) -> Unicode.Scalar {
        guard var scalar = rest.popFirst(), scalar != "-", scalar != "]" else { throw bad(part) }
        if scalar == "\\" {
            guard let literal = rest.popFirst() else { throw bad(part) }
            scalar = literal
        }
        return scalar
    }

    /// Whole match, in time proportional to both lengths: the last `*` alone is tried again.
    func matches(_ name: String) -> Bool {
        let scalars = Array(name.unicodeScalars)
        var token = 0
        var position = 0
        var retry: (token: Int, position: Int)?
        while position < scalars.count || token < tokens.count {
            if token < tokens.count {
                if case .anyNumber = tokens[token] {
                    retry = (token, position)
                    token += 1
                    continue
                }
                if position < scalars.count, accepts(tokens[token], scalars[position]) {
                    token += 1
                    position += 1
                    continue
                }
            }
            guard let last = retry, last.position < scalars.count else { return false }
            token = last.token + 1
            position = last.position + 1
            retry = (last.token, position)
        }
        return true
    }

    private func accepts(_ token: Token, _ scalar: Unicode.Scalar) -> Bool {
        switch token {
        case .one(let wanted): wanted == scalar
        case .any, .anyNumber: true
        case .among(let ranges, let negated): ranges.contains { $0.contains(scalar) } != negated
        }
    }
}

/// A whole path's pattern for `--parents`, in which a part `**` stands for any number of directories.
struct TreePattern {
    private enum Part {
        case name(PathPattern)
        case directories
    }

    enum Match {
        /// The path matches, and with it all that lies below.
        case whole
        /// Something below may match.
        case below
        case never
    }

    private let parts: [Part]
    /// True when it names one path.
    let isLiteral: Bool

    init(_ pattern: String) throws(SandboxError) {
        var parts: [Part] = []
        for part in pattern.split(separator: "/") where part != "." {
            parts.append(part == "**" ? .directories : .name(try PathPattern(part)))
        }
        self.parts = parts
        isLiteral = !PathPattern.hasWildcard(pattern)
    }

    /// How the path made of `names` stands to the pattern. Keeps the set of places in the pattern that each prefix of
    /// the path can have reached, so that no pattern costs more than its length times the path's.
    func match(_ names: [String]) -> Match {
        var reached = closure([0])
        for name in names {
            if reached.contains(parts.count) { return .whole }
            var next: Set<Int> = []
            for place in reached where place < parts.count {
                switch parts[place] {
                case .directories: next.insert(place)
                case .name(let pattern): if pattern.matches(name) { next.insert(place + 1) }
                }
            }
            reached = closure(next)
            if reached.isEmpty { return .never }
        }
        return reached.contains(parts.count) ? .whole : .below
    }

    private func closure(_ places: Set<Int>) -> Set<Int> {
        var all = places
        for place in places {
            var next = place
            while next < parts.count, case .directories = parts[next] {
                next += 1
                all.insert(next)
            }
        }
        return all
    }
}
