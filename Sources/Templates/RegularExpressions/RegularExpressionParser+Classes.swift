// Classes of characters and escapes of regular expressions.

extension RegularExpressionParser {
    mutating func parseEscape() throws(RegularExpressionError) -> RegularExpressionNode {
        guard let scalar = rest.popFirst() else { throw error("a backslash at the end.") }
        switch scalar {
        case "A": return .assertion(.textStart)
        case "z": return .assertion(.textEnd)
        case "b": return .assertion(.wordBoundary)
        case "B": return .assertion(.noWordBoundary)
        case "Q":
            var literals: [RegularExpressionNode] = []
            while let scalar = rest.popFirst() {
                if scalar == "\\", rest.first == "E" {
                    rest.removeFirst()
                    break
                }
                literals.append(literal(scalar))
            }
            return .sequence(literals)
        default:
            if let known = Self.knownClass(scalar) { return .scalar(known) }
            return literal(try escapedScalar(scalar))
        }
    }

    private static func knownClass(_ scalar: Unicode.Scalar) -> ScalarClass? {
        switch scalar {
        case "d": .digit
        case "D": ScalarClass(ranges: ScalarClass.digit.ranges, negated: true)
        case "w": .word
        case "W": ScalarClass(ranges: ScalarClass.word.ranges, negated: true)
        case "s": .space
        case "S": ScalarClass(ranges: ScalarClass.space.ranges, negated: true)
        default: nil
        }
    }

    private mutating func escapedScalar(_ scalar: Unicode.Scalar) throws(RegularExpressionError) -> Unicode.Scalar {
        switch scalar {
        case "a": return "\u{07}"
        case "f": return "\u{0C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "v": return "\u{0B}"
        case "x":
            let braced = rest.first == "{"
            if braced { rest.removeFirst() }
            let digits = rest.prefix { braced ? $0 != "}" : true }.prefix(braced ? 8 : 2)
            rest = rest[digits.endIndex...]
            guard !braced || rest.popFirst() == "}", braced || digits.count == 2,
                digits.allSatisfy({ $0.properties.isASCIIHexDigit }),
                let value = UInt32(String(digits), radix: 16), let scalar = Unicode.Scalar(value)
            else { throw error("a malformed escape `\\x`.") }
            return scalar
        default:
            guard scalar.isASCII, !ScalarClass.word.contains(scalar) else {
                throw error("the escape `\\\(scalar)` is not supported.")
            }
            return scalar
        }
    }

    mutating func parseClass() throws(RegularExpressionError) -> ScalarClass {
        var result = ScalarClass(ranges: [], foldsCase: flags.foldsCase)
        if rest.first == "^" {
            rest.removeFirst()
            result.negated = true
        }
        var isFirst = true
        while let scalar = rest.popFirst() {
            if scalar == "]", !isFirst { return result }
            isFirst = false
            if scalar == "[", rest.first == ":" {
                result.ranges += try parseNamedClass()
            } else if scalar == "\\", let known = rest.first.flatMap(Self.knownClass) {
                rest.removeFirst()
                result.ranges += known.positiveRanges
            } else {
                result.ranges.append(try parseRange(from: scalar))
            }
        }
        throw error("a `[` without its `]`.")
    }

    private mutating func parseRange(from scalar: Unicode.Scalar) throws(RegularExpressionError) -> ClosedRange<UInt32>
    {
        let low = try classScalar(scalar)
        guard rest.first == "-", let after = rest.dropFirst().first, after != "]" else { return low.value...low.value }
        rest.removeFirst(2)
        let high = try classScalar(after)
        guard low <= high else { throw error("a range that runs backwards.") }
        return low.value...high.value
    }

    private mutating func classScalar(_ scalar: Unicode.Scalar) throws(RegularExpressionError) -> Unicode.Scalar {
        guard scalar == "\\" else { return scalar }
        guard let escaped = rest.popFirst() else { throw error("a backslash at the end.") }
        return try escapedScalar(escaped)
    }

    private mutating func parseNamedClass() throws(RegularExpressionError) -> [ClosedRange<UInt32>] {
        rest.removeFirst()
        let negated = rest.first == "^"
        if negated { rest.removeFirst() }
        let name = rest.prefix(while: ScalarClass.word.contains)
        rest = rest[name.endIndex...]
        guard let ranges = ScalarClass.named[String(name)], rest.popFirst() == ":", rest.popFirst() == "]" else {
            throw error("an unknown class name.")
        }
        return ScalarClass(ranges: ranges, negated: negated).positiveRanges
    }
}
