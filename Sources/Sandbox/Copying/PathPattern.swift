// Wildcards in COPY sources: the rules of Go's filepath.Match, part by part.

/// One part of a pattern, between slashes: `*`, `?`, `[a-z]`, `[^a-z]`, and `\` before what is meant literally.
struct PathPattern: Sendable {
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

/// What `--parents` takes of a tree.
struct TreePattern {
    /// Whether the path, or one above it, matches.
    let matches: (String) -> Bool
    /// The parts in front that stand for themselves: where they differ nothing below can match.
    private let plainParts: [String]

    init(_ pattern: String, _ parents: CopyRequest.Parents) throws {
        matches = try parents(pattern)
        plainParts = pattern.split(separator: "/").prefix { part in
            part != "." && part != ".." && !part.utf8.contains(UInt8(ascii: "\\")) && !PathPattern.hasWildcard(part)
        }.map(String.init)
    }

    func mayMatch(below names: [String]) -> Bool { zip(names, plainParts).allSatisfy { $0 == $1 } }
}
