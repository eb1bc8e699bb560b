// RE2's syntax → tree. What RE2 has and this has not (Unicode classes) is an error, like what RE2 has not.

struct RegularExpressionParser {
    /// Groups inside one another.
    static let maximumDepth = 100
    /// RE2's own bound of `{n,m}`.
    static let maximumRepetition = 1000

    struct Flags {
        var foldsCase = false
        var multiline = false
        var dotMatchesNewline = false
        var swapsGreed = false
    }

    var rest: Substring.UnicodeScalarView
    var flags = Flags()
    private var depth = 0
    private(set) var groups = 0
    private(set) var groupNames: [String: Int] = [:]

    init(_ pattern: String) {
        rest = pattern.unicodeScalars[...]
    }

    mutating func parse() throws(RegularExpressionError) -> RegularExpressionNode {
        let tree = try parseAlternatives()
        guard rest.isEmpty else { throw error("a `)` without its `(`.") }
        return tree
    }

    func error(_ description: String) -> RegularExpressionError {
        RegularExpressionError(description: description)
    }

    private mutating func parseAlternatives() throws(RegularExpressionError) -> RegularExpressionNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw error("groups are nested too deeply.") }
        var alternatives = [try parseSequence()]
        while rest.first == "|" {
            rest.removeFirst()
            alternatives.append(try parseSequence())
        }
        return alternatives.count == 1 ? alternatives[0] : .alternatives(alternatives)
    }

    private mutating func parseSequence() throws(RegularExpressionError) -> RegularExpressionNode {
        var nodes: [RegularExpressionNode] = []
        while let scalar = rest.first, scalar != "|", scalar != ")" {
            rest.removeFirst()
            nodes.append(try parseRepetitions(of: try parseAtom(scalar)))
        }
        return nodes.isEmpty ? .empty : .sequence(nodes)
    }

    private mutating func parseAtom(_ scalar: Unicode.Scalar) throws(RegularExpressionError) -> RegularExpressionNode {
        switch scalar {
        case "(": return try parseGroup()
        case "[": return .scalar(try parseClass())
        case ".": return .scalar(ScalarClass(ranges: flags.dotMatchesNewline ? [] : [0x0A...0x0A], negated: true))
        case "^": return .assertion(flags.multiline ? .lineStart : .textStart)
        case "$": return .assertion(flags.multiline ? .lineEnd : .textEnd)
        case "*", "+", "?": throw error("nothing to repeat before `\(scalar)`.")
        case "\\": return try parseEscape()
        default: return literal(scalar)
        }
    }

    func literal(_ scalar: Unicode.Scalar) -> RegularExpressionNode {
        .scalar(ScalarClass(ranges: [scalar.value...scalar.value], foldsCase: flags.foldsCase))
    }

    // MARK: Repetition

    private mutating func parseRepetitions(
        of atom: RegularExpressionNode
    ) throws(RegularExpressionError) -> RegularExpressionNode {
        var node = atom
        var repeated = false
        while let (minimum, maximum) = try parseCount() {
            guard !repeated else { throw error("a repetition of a repetition.") }
            repeated = true
            var greedy = true
            if rest.first == "?" {
                rest.removeFirst()
                greedy = false
            }
            node = .repetition(node, minimum: minimum, maximum: maximum, greedy: greedy != flags.swapsGreed)
        }
        return node
    }

    private mutating func parseCount() throws(RegularExpressionError) -> (minimum: Int, maximum: Int?)? {
        switch rest.first {
        case "*":
            rest.removeFirst()
            return (0, nil)
        case "+":
            rest.removeFirst()
            return (1, nil)
        case "?":
            rest.removeFirst()
            return (0, 1)
        case "{":
            // Braces that hold no count are plain text.
            let start = rest
            rest.removeFirst()
            if let count = parseBraces() {
                let top = max(count.minimum, count.maximum ?? 0)
                guard top <= Self.maximumRepetition, count.maximum.map({ $0 >= count.minimum }) ?? true else {
                    throw error("a repetition count out of range.")
                }
                return count
            }
            rest = start
            return nil
        default: return nil
        }
    }

    private mutating func parseBraces() -> (minimum: Int, maximum: Int?)? {
        guard let minimum = parseNumber() else { return nil }
        var maximum: Int? = minimum
        if rest.first == "," {
            rest.removeFirst()
            maximum = parseNumber()
        }
        guard rest.popFirst() == "}" else { return nil }
        return (minimum, maximum)
    }

    private mutating func parseNumber() -> Int? {
        let digits = rest.prefix { ("0"..."9").contains($0) }
        guard !digits.isEmpty, digits.count <= 9 else { return nil }
        rest = rest[digits.endIndex...]
        return Int(String(digits))
    }

    // MARK: Groups

    private mutating func parseGroup() throws(RegularExpressionError) -> RegularExpressionNode {
        let outer = flags
        var number: Int?
        if rest.first == "?" {
            rest.removeFirst()
            if rest.first == "P" || rest.first == "<" {
                number = try parseGroupName()
            } else if try parseFlags() {
                // Flags without a group hold until the enclosing group ends.
                return .empty
            }
        } else {
            groups += 1
            number = groups
        }
        let inner = try parseAlternatives()
        guard rest.popFirst() == ")" else { throw error("a `(` without its `)`.") }
        flags = outer
        return number.map { .group(inner, $0) } ?? inner
    }

    private mutating func parseGroupName() throws(RegularExpressionError) -> Int {
        if rest.first == "P" { rest.removeFirst() }
        guard rest.popFirst() == "<" else { throw error("a malformed group name.") }
        let name = rest.prefix(while: ScalarClass.word.contains)
        rest = rest[name.endIndex...]
        groups += 1
        guard !name.isEmpty, rest.popFirst() == ">", groupNames.updateValue(groups, forKey: String(name)) == nil else {
            throw error("a malformed or repeated group name.")
        }
        return groups
    }

    /// True when the flags stand alone: `(?i)`.
    private mutating func parseFlags() throws(RegularExpressionError) -> Bool {
        var value = true
        while let scalar = rest.popFirst() {
            switch scalar {
            case "i": flags.foldsCase = value
            case "m": flags.multiline = value
            case "s": flags.dotMatchesNewline = value
            case "U": flags.swapsGreed = value
            case "-": value = false
            case ":": return false
            case ")": return true
            default: throw error("`(?\(scalar)` is not supported.")
            }
        }
        throw error("a `(` without its `)`.")
    }
}
