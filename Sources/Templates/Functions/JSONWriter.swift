// Values → JSON as encoding/json writes it: keys in order, no spaces, `<`, `>` and `&` escaped unless told otherwise.

struct JSONWriter {
    private let budget: TemplateBudget
    private let escapesMarkup: Bool
    /// nil: on one line.
    private let indentation: Int?
    private var output: [UInt8] = []

    static func write(
        _ value: TemplateValue, _ budget: TemplateBudget, escapesMarkup: Bool, indentation: Int? = nil
    ) throws(FunctionFailure) -> String {
        var writer = JSONWriter(budget: budget, escapesMarkup: escapesMarkup, indentation: indentation)
        try writer.append(value, depth: 0)
        return String(decoding: writer.output, as: UTF8.self)
    }

    private init(budget: TemplateBudget, escapesMarkup: Bool, indentation: Int?) {
        self.budget = budget
        self.escapesMarkup = escapesMarkup
        self.indentation = indentation
    }

    private mutating func append(_ value: TemplateValue, depth: Int) throws(FunctionFailure) {
        guard depth <= budget.limits.valueDepth else { throw FunctionFailure("a value is nested too deeply for JSON.") }
        switch value {
        case .none: try write("null")
        case .bool(let bool): try write("\(bool)")
        case .int(let int): try write("\(int)")
        case .float(let double):
            guard let text = GoFloat.json(double) else { throw FunctionFailure("JSON has no number for \(double).") }
            try write(text)
        case .string(let text): try write(quoted(text))
        case .list(let list):
            try writeItems(list.items, "[", "]", depth) { (writer, item) throws(FunctionFailure) in
                try writer.append(item, depth: depth + 1)
            }
        case .map(let map):
            try writeItems(map.sortedKeys, "{", "}", depth) { (writer, key) throws(FunctionFailure) in
                try writer.write(writer.quoted(key) + (writer.indentation == nil ? ":" : ": "))
                try writer.append(map.entries[key] ?? .none, depth: depth + 1)
            }
        case .object: throw FunctionFailure("an object can't be written as JSON.")
        }
    }

    private mutating func writeItems<Item>(
        _ items: [Item], _ open: String, _ close: String, _ depth: Int,
        _ append: (inout JSONWriter, Item) throws(FunctionFailure) -> Void
    ) throws(FunctionFailure) {
        try write(open)
        for (index, item) in items.enumerated() {
            if index > 0 { try write(",") }
            try breakLine(depth + 1)
            try append(&self, item)
        }
        if !items.isEmpty { try breakLine(depth) }
        try write(close)
    }

    private mutating func breakLine(_ depth: Int) throws(FunctionFailure) {
        guard let indentation else { return }
        try write("\n" + String(repeating: " ", count: indentation * depth))
    }

    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{08}": result += "\\b"
            case "\u{0C}": result += "\\f"
            case "<", ">", "&": result += escapesMarkup ? Self.escape(scalar) : String(Character(scalar))
            case "\u{2028}", "\u{2029}": result += Self.escape(scalar)
            default:
                if scalar.value < 0x20 { result += Self.escape(scalar) } else { result.unicodeScalars.append(scalar) }
            }
        }
        return result + "\""
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let hex = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: max(4 - hex.utf8.count, 0)) + hex
    }

    private mutating func write(_ text: String) throws(FunctionFailure) {
        guard output.count + text.utf8.count <= budget.limits.outputBytes else {
            throw FunctionFailure("a text of more than \(budget.limits.outputBytes) bytes comes about.")
        }
        try budget.spend(bytes: text.utf8.count)
        output += text.utf8
    }
}
