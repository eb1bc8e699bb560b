// Go's fmt: verbs, flags, and what it prints when verb and value don't fit.

/// Values are printed by what they are, never by reference; collections element by element, map keys in order.
struct GoFormatter {
    private struct Directive {
        var plus = false
        var minus = false
        var sharp = false
        var space = false
        var zero = false
        var width = 0
        var precision: Int?
        var verb: Unicode.Scalar = "v"
    }

    /// Columns that a format may ask for.
    static let maximumWidth = 10_000

    private let budget: TemplateBudget
    private var output: [UInt8] = []

    init(_ budget: TemplateBudget) {
        self.budget = budget
    }

    /// `%v`
    static func print(_ value: TemplateValue, _ budget: TemplateBudget) throws(FunctionFailure) -> String {
        var formatter = GoFormatter(budget)
        try formatter.append(value, Directive(), depth: 0)
        return formatter.text
    }

    static func format(
        _ format: String, _ arguments: [TemplateValue], _ budget: TemplateBudget
    ) throws(FunctionFailure) -> String {
        var formatter = GoFormatter(budget)
        try formatter.run(format, arguments)
        return formatter.text
    }

    private var text: String { String(decoding: output, as: UTF8.self) }

    private mutating func run(_ format: String, _ arguments: [TemplateValue]) throws(FunctionFailure) {
        var rest = format.unicodeScalars[...]
        var used = 0
        while !rest.isEmpty {
            let plain = rest.prefix { $0 != "%" }
            try write(String(plain))
            rest = rest[plain.endIndex...]
            guard rest.popFirst() != nil else { break }
            var directive = try Self.readFlags(&rest)
            guard let verb = rest.popFirst() else {
                try write("%!(NOVERB)")
                break
            }
            directive.verb = verb
            if verb == "%" {
                try write("%")
            } else if used < arguments.count {
                try append(arguments[used], directive, depth: 0)
                used += 1
            } else {
                try write("%!\(verb)(MISSING)")
            }
        }
        guard used < arguments.count else { return }
        try write("%!(EXTRA ")
        for (index, value) in arguments[used...].enumerated() {
            if index > 0 { try write(", ") }
            try write(value.typeName)
            guard value.typeName != "<nil>" else { continue }
            try write("=")
            try append(value, Directive(), depth: 0)
        }
        try write(")")
    }

    private static func readFlags(_ rest: inout Substring.UnicodeScalarView) throws(FunctionFailure) -> Directive {
        var directive = Directive()
        flags: while let scalar = rest.first {
            switch scalar {
            case "+": directive.plus = true
            case "-": directive.minus = true
            case "#": directive.sharp = true
            case " ": directive.space = true
            case "0": directive.zero = true
            default: break flags
            }
            rest.removeFirst()
        }
        directive.width = try readNumber(&rest, limit: maximumWidth) ?? 0
        if rest.first == "." {
            rest.removeFirst()
            directive.precision = try readNumber(&rest, limit: GoFloat.maximumPrecision) ?? 0
        }
        if rest.first == "*" || rest.first == "[" {
            throw FunctionFailure("`*` and `[n]` in a format are not supported by this version.")
        }
        return directive
    }

    private static func readNumber(
        _ rest: inout Substring.UnicodeScalarView, limit: Int
    ) throws(FunctionFailure) -> Int? {
        var number: Int?
        while let scalar = rest.first, ("0"..."9").contains(scalar) {
            rest.removeFirst()
            let value = (number ?? 0) * 10 + Int(scalar.value - 48)
            guard value <= limit else { throw FunctionFailure("a width or precision above \(limit) in a format.") }
            number = value
        }
        return number
    }

    // MARK: Values

    private mutating func append(
        _ value: TemplateValue, _ directive: Directive, depth: Int
    ) throws(FunctionFailure) {
        guard depth <= budget.limits.valueDepth else {
            throw FunctionFailure("a value is nested deeper than \(budget.limits.valueDepth) levels, or holds itself.")
        }
        if directive.verb == "T" { return try pad(value.typeName, directive) }
        switch value {
        case .none: try directive.verb == "v" ? pad("<nil>", directive) : write("%!\(directive.verb)(<nil>)")
        case .bool(let bool):
            try finish(value, directive, "vt".unicodeScalars.contains(directive.verb) ? "\(bool)" : nil)
        case .int(let int): try finish(value, directive, Self.text(int, directive), number: true)
        case .float(let double): try finish(value, directive, Self.text(double, directive), number: true)
        case .string(let string): try finish(value, directive, Self.text(string, directive))
        case .list(let list):
            try write("[")
            for (index, item) in list.items.enumerated() {
                if index > 0 { try write(" ") }
                try append(item, directive, depth: depth + 1)
            }
            try write("]")
        case .map(let map):
            try write("map[")
            for (index, key) in map.sortedKeys.enumerated() {
                if index > 0 { try write(" ") }
                try append(.string(key), directive, depth: depth + 1)
                try write(":")
                try append(map.entries[key] ?? .none, directive, depth: depth + 1)
            }
            try write("]")
        case .object: throw FunctionFailure("an object can't be printed: name one of its members.")
        }
    }

    /// Writes the text, or Go's complaint when the verb does not fit the value.
    private mutating func finish(
        _ value: TemplateValue, _ directive: Directive, _ text: String?, number: Bool = false
    ) throws(FunctionFailure) {
        if let text { return try pad(text, directive, zeros: number && directive.zero && !directive.minus) }
        try write("%!\(directive.verb)(\(value.typeName)=")
        try append(value, Directive(), depth: 0)
        try write(")")
    }

    private mutating func pad(_ text: String, _ directive: Directive, zeros: Bool = false) throws(FunctionFailure) {
        let missing = max(directive.width - text.unicodeScalars.count, 0)
        if missing == 0 { return try write(text) }
        if directive.minus { return try write(text + String(repeating: " ", count: missing)) }
        guard zeros else { return try write(String(repeating: " ", count: missing) + text) }
        let isSigned = text.hasPrefix("-") || text.hasPrefix("+") || text.hasPrefix(" ")
        let sign = isSigned ? text.prefix(1) : ""
        try write(sign + String(repeating: "0", count: missing) + text.dropFirst(sign.count))
    }

    private mutating func write(_ text: some StringProtocol) throws(FunctionFailure) {
        guard output.count + text.utf8.count <= budget.limits.outputBytes else {
            throw FunctionFailure("a text of more than \(budget.limits.outputBytes) bytes comes about.")
        }
        try budget.spend(bytes: text.utf8.count + 1)
        output += text.utf8
    }
}

extension GoFormatter {
    // MARK: Scalars; nil when the verb does not fit.

    private static func text(_ value: Int, _ directive: Directive) -> String? {
        let sign = value < 0 ? "-" : directive.plus ? "+" : directive.space ? " " : ""
        func digits(_ radix: Int, _ prefix: String, uppercase: Bool = false) -> String {
            var text = String(value.magnitude, radix: radix, uppercase: uppercase)
            if let precision = directive.precision, text.utf8.count < precision {
                text = String(repeating: "0", count: precision - text.utf8.count) + text
            }
            return sign + (directive.sharp ? prefix : "") + text
        }
        switch directive.verb {
        case "v", "d": return digits(10, "")
        case "b": return digits(2, "0b")
        case "o": return digits(8, "0")
        case "O": return sign + "0o" + String(value.magnitude, radix: 8)
        case "x": return digits(16, "0x")
        case "X": return digits(16, "0X", uppercase: true)
        case "c", "q":
            let scalar = UInt32(exactly: value).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}"
            let text = String(Character(scalar))
            return directive.verb == "c" ? text : GoQuote.quote(text, with: "'")
        case "U":
            let hex = String(value.magnitude, radix: 16, uppercase: true)
            return "U+" + String(repeating: "0", count: max(4 - hex.utf8.count, 0)) + hex
        default: return nil
        }
    }

    private static func text(_ value: Double, _ directive: Directive) -> String? {
        let text: String
        switch directive.verb {
        case "v", "g": text = GoFloat.format(value, verb: "g", precision: directive.precision)
        case "e": text = GoFloat.format(value, verb: "e", precision: directive.precision ?? 6)
        case "f", "F": text = GoFloat.format(value, verb: "f", precision: directive.precision ?? 6)
        case "E": text = GoFloat.format(value, verb: "e", precision: directive.precision ?? 6).uppercased()
        case "G": text = GoFloat.format(value, verb: "g", precision: directive.precision).uppercased()
        default: return nil
        }
        if text.hasPrefix("-") || text.hasPrefix("+") {
            return text
        }
        return (directive.plus ? "+" : directive.space ? " " : "") + text
    }

    private static func text(_ value: String, _ directive: Directive) -> String? {
        let cut = directive.precision.map { String(String.UnicodeScalarView(value.unicodeScalars.prefix($0))) } ?? value
        switch directive.verb {
        case "v": return directive.sharp ? GoQuote.quote(cut) : cut
        case "s": return cut
        case "q": return GoQuote.quote(cut)
        case "x", "X":
            return cut.utf8.map { byte in
                let hex = String(byte, radix: 16, uppercase: directive.verb == "X")
                return hex.utf8.count < 2 ? "0" + hex : hex
            }.joined()
        default: return nil
        }
    }
}
