// JSON as Go's encoding/json writes it with a tab as indent: werf's report files, to the byte.

indirect enum GoJSON {
    case object([(key: String, value: GoJSON)])
    case array([GoJSON])
    case text(String)
    case number(Int64)
    case bool(Bool)

    func write(to output: inout String, indent: String = "") {
        switch self {
        case .object(let members):
            let items = members.map { member in
                { (output: inout String, indent: String) in
                    Self.write(member.key, to: &output)
                    output += ": "
                    member.value.write(to: &output, indent: indent)
                }
            }
            Self.write(items, between: ("{", "}"), to: &output, indent: indent)
        case .array(let values):
            let items = values.map { value in
                { (output: inout String, indent: String) in value.write(to: &output, indent: indent) }
            }
            Self.write(items, between: ("[", "]"), to: &output, indent: indent)
        case .text(let text): Self.write(text, to: &output)
        case .number(let number): output += String(number)
        case .bool(let flag): output += flag ? "true" : "false"
        }
    }

    private static func write(
        _ items: [(inout String, String) -> Void], between brackets: (String, String), to output: inout String,
        indent: String
    ) {
        output += brackets.0
        for (number, item) in items.enumerated() {
            output += (number == 0 ? "\n" : ",\n") + indent + "\t"
            item(&output, indent + "\t")
        }
        output += (items.isEmpty ? "" : "\n" + indent) + brackets.1
    }

    /// `<`, `>`, `&` and the line separators are escaped so that the text can stand in HTML and JavaScript.
    static func write(_ text: String, to output: inout String) {
        output += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case "\u{8}": output += "\\b"
            case "\u{C}": output += "\\f"
            case "<", ">", "&", "\u{2028}", "\u{2029}", "\u{0}"..<"\u{20}":
                let hex = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
            default: output.unicodeScalars.append(scalar)
            }
        }
        output += "\""
    }
}
