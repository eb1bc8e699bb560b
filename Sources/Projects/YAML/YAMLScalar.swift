// What a YAML scalar means to yaml.v2, werf's reader: a YAML 1.1 flavour with Go's number syntax.
import Templates

struct YAMLScalar: Sendable {
    enum Resolved: Sendable {
        case null
        case bool(Bool)
        case int(Int)
        /// Above Int.max.
        case unsigned(UInt)
        case float(Double)
        case string

        var kind: String {
            switch self {
            case .null: "nothing"
            case .bool: "a boolean"
            case .int, .unsigned, .float: "a number"
            case .string: "a string"
            }
        }
    }

    let text: String
    let resolved: Resolved

    /// - Parameters:
    ///   - plain: written without quotes and not as a block.
    ///   - tag: the written tag, "" when there is none.
    init(text: String, plain: Bool, tag: String) {
        self.text = text
        switch tag {
        case "": resolved = plain ? Self.resolve(text) : .string
        case "tag:yaml.org,2002:str", "!": resolved = .string
        default: resolved = Self.resolve(text)
        }
    }

    /// The text that Go's fmt prints for the decoded value (`%v`).
    var printed: String {
        switch resolved {
        case .null: "<nil>"
        case .bool(let value): String(value)
        case .int(let value): String(value)
        case .unsigned(let value): String(value)
        case .float(let value): GoFloat.shortest(value)
        case .string: text
        }
    }

    private static func resolve(_ text: String) -> Resolved {
        if let word = words[text] { return word }
        guard let first = text.utf8.first, isNumberStart(first) else { return .string }
        return integer(text) ?? float(text) ?? .string
    }

    private static func isNumberStart(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// strconv.ParseInt with base 0 after underscores are dropped: 0x, 0o, 0b, and a leading 0 for octal.
    private static func integer(_ text: String) -> Resolved? {
        var digits = text.filter { $0 != "_" }[...]
        let negative = digits.first == "-"
        if negative || digits.first == "+" { digits.removeFirst() }
        var radix = 10
        if digits.first == "0", digits.count > 1 {
            let (prefix, length): (Int, Int) =
                switch digits.dropFirst().first {
                case "x", "X": (16, 2)
                case "b", "B": (2, 2)
                case "o", "O": (8, 2)
                default: (8, 1)
                }
            radix = prefix
            digits = digits.dropFirst(length)
        }
        // Swift's own parser would accept a second sign here.
        guard let first = digits.utf8.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else { return nil }
        if let value = Int((negative ? "-" : "") + digits, radix: radix) { return .int(value) }
        return negative ? nil : UInt(digits, radix: radix).map(Resolved.unsigned)
    }

    /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
    private static func float(_ text: String) -> Resolved? {
        var rest = text.filter { $0 != "_" }.utf8[...]
        let plain = String(Substring(rest))
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        let whole = dropDigits(&rest)
        var fraction = 0
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = dropDigits(&rest)
        }
        guard whole + fraction > 0 else { return nil }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
            guard dropDigits(&rest) > 0 else { return nil }
        }
        guard rest.isEmpty else { return nil }
        return Double(plain).map(Resolved.float)
    }

    private static func dropDigits(_ text: inout Substring.UTF8View) -> Int {
        let digits = text.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
        text = text.dropFirst(digits)
        return digits
    }

    private static let words: [String: Resolved] = {
        var words: [String: Resolved] = [:]
        for word in ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"] {
            words[word] = .bool(true)
        }
        for word in ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"] {
            words[word] = .bool(false)
        }
        for word in ["", "~", "null", "Null", "NULL"] { words[word] = .null }
        for word in [".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"] { words[word] = .float(.infinity) }
        for word in ["-.inf", "-.Inf", "-.INF"] { words[word] = .float(-.infinity) }
        for word in [".nan", ".NaN", ".NAN"] { words[word] = .float(.nan) }
        return words
    }()
}
