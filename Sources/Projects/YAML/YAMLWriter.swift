// Values ↔ YAML for `toYaml` and `fromYaml`: block style, keys in order, quotes where a reader would err without.
import Templates

struct YAMLWriter {
    /// Levels of lists and maps.
    static let maximumDepth = 64
    /// Bytes of one text.
    static let maximumBytes = 16 << 20

    private var output = ""

    /// Without a line end at the end.
    static func write(_ value: TemplateValue) throws(FunctionFailure) -> String {
        var writer = YAMLWriter()
        try writer.append(value, indentation: 0, depth: 0)
        while writer.output.utf8.last == UInt8(ascii: "\n") { writer.output.unicodeScalars.removeLast() }
        return writer.output
    }

    /// Writes a value from the present column on, and ends the line.
    private mutating func append(_ value: TemplateValue, indentation: Int, depth: Int) throws(FunctionFailure) {
        guard depth <= Self.maximumDepth else { throw FunctionFailure("a value is nested too deeply for YAML.") }
        guard output.utf8.count <= Self.maximumBytes else {
            throw FunctionFailure("a YAML text of more than \(Self.maximumBytes) bytes comes about.")
        }
        let margin = String(repeating: " ", count: indentation)
        switch value {
        case .list(let list) where !list.items.isEmpty:
            for (index, item) in list.items.enumerated() {
                output += index == 0 ? "- " : margin + "- "
                try append(item, indentation: indentation + 2, depth: depth + 1)
            }
        case .map(let map) where !map.entries.isEmpty:
            for (index, key) in map.sortedKeys.enumerated() {
                let item = map.entries[key] ?? .none
                output += (index == 0 ? "" : margin) + scalar(.string(key)) + ":"
                switch item {
                case .list(let list) where !list.items.isEmpty:
                    output += "\n" + margin
                    try append(item, indentation: indentation, depth: depth + 1)
                case .map(let inner) where !inner.entries.isEmpty:
                    output += "\n" + margin + "  "
                    try append(item, indentation: indentation + 2, depth: depth + 1)
                default:
                    output += " "
                    try append(item, indentation: indentation + 2, depth: depth + 1)
                }
            }
        case .object: throw FunctionFailure("an object can't be written as YAML.")
        default: output += scalar(value) + "\n"
        }
    }

    private func scalar(_ value: TemplateValue) -> String {
        switch value {
        case .none: "null"
        case .bool(let bool): "\(bool)"
        case .int(let int): "\(int)"
        case .float(let double):
            double.isNaN ? ".nan" : double.isInfinite ? (double < 0 ? "-.inf" : ".inf") : GoFloat.shortest(double)
        case .list: "[]"
        case .map, .object: "{}"
        case .string(let text): Self.isPlain(text) ? text : Self.quoted(text)
        }
    }

    /// Whether a reader gives the same string back without quotes.
    private static func isPlain(_ text: String) -> Bool {
        guard case .string = YAMLScalar(text: text, plain: true, tag: "").resolved, let first = text.utf8.first,
            let last = text.utf8.last
        else { return false }
        guard !"-?:,[]{}#&*!|>'\"%@` =<~".utf8.contains(first), last != UInt8(ascii: " "), last != UInt8(ascii: ":")
        else {
            return false
        }
        var previous = UInt8(ascii: " ")
        for byte in text.utf8 {
            guard byte >= 0x20, byte < 0x7F else { return false }
            if byte == UInt8(ascii: "#"), previous == UInt8(ascii: " ") { return false }
            if byte == UInt8(ascii: " "), previous == UInt8(ascii: ":") { return false }
            previous = byte
        }
        // What a timestamp looks like stays quoted, for readers that have them.
        return !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) || !text.contains("-") && !text.contains(":")
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default:
                guard
                    scalar.value < 0x20 || (0x7F...0xA0).contains(scalar.value) || scalar == "\u{2028}"
                        || scalar == "\u{2029}" || scalar == "\u{FEFF}"
                else {
                    result.unicodeScalars.append(scalar)
                    continue
                }
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
            }
        }
        return result + "\""
    }
}

extension YAMLNode {
    /// The value that Go's yaml.v2 decodes; keys become strings.
    var templateValue: TemplateValue {
        switch content {
        case .sequence(let items): return .list(of: items.map(\.templateValue))
        case .mapping(let pairs):
            var entries: [String: TemplateValue] = [:]
            for pair in pairs { entries[pair.key] = pair.value.templateValue }
            return .map(of: entries)
        case .scalar(let scalar):
            return switch scalar.resolved {
            case .null: .none
            case .bool(let bool): .bool(bool)
            case .int(let int): .int(int)
            case .unsigned(let unsigned): .float(Double(unsigned))
            case .float(let double): .float(double)
            case .string: .string(scalar.text)
            }
        }
    }
}
