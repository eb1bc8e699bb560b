// print, printf, println, quoting and escaping, and werf's printing for debugging.

extension BuiltinFunctions {
    static func addPrinting(_ table: inout [String: TemplateFunction]) {
        table.add("print", atLeast: 0) { (call) throws(FunctionFailure) in
            var text = ""
            for (index, value) in call.arguments.enumerated() {
                if index > 0, !value.isString, !call.arguments[index - 1].isString { text += " " }
                text += try call.text(of: value)
            }
            return try call.made(text)
        }
        table.add("println", atLeast: 0) { (call) throws(FunctionFailure) in
            try call.made(try call.texts(from: 0).joined(separator: " ") + "\n")
        }
        table.add("printf", atLeast: 1) { (call) throws(FunctionFailure) in
            .string(try GoFormatter.format(try call.string(0), Array(call.arguments.dropFirst()), call.budget))
        }
        table.add("printf_debug", atLeast: 1) { (call) throws(FunctionFailure) in
            let text = try GoFormatter.format(try call.string(0), Array(call.arguments.dropFirst()), call.budget)
            call.debug?(text)
            return .string("")
        }
        table.add("dump_debug", 1) { (call) throws(FunctionFailure) in
            if let debug = call.debug { debug(try call.text(0)) }
            return .string("")
        }
        table.add("quote", atLeast: 0) { (call) throws(FunctionFailure) in
            try call.made(try call.texts(from: 0, skipsNil: true).map { GoQuote.quote($0) }.joined(separator: " "))
        }
        table.add("squote", atLeast: 0) { (call) throws(FunctionFailure) in
            try call.made(try call.texts(from: 0, skipsNil: true).map { "'\($0)'" }.joined(separator: " "))
        }
        table.add("cat", atLeast: 0) { (call) throws(FunctionFailure) in
            try call.made(try call.texts(from: 0, skipsNil: true).joined(separator: " "))
        }
        table.add("html", atLeast: 0) { (call) throws(FunctionFailure) in
            var text = try call.texts(from: 0).joined()
            for (old, new) in [("&", "&amp;"), ("'", "&#39;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&#34;")] {
                text = text.replacingBytes(old, with: new)
            }
            return try call.made(text)
        }
        table.add("urlquery", atLeast: 0) { (call) throws(FunctionFailure) in
            let bytes = try call.texts(from: 0).joined().utf8
            return try call.made(bytes.map(urlEscaped).joined())
        }
    }

    /// Query escaping: letters, digits and `-_.~` stay, a space is `+`.
    private static func urlEscaped(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "~"):
            return String(Character(Unicode.Scalar(byte)))
        case UInt8(ascii: " "): return "+"
        default: return (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
        }
    }
}

extension TemplateCall {
    /// The texts of the arguments from an index on.
    func texts(from first: Int, skipsNil: Bool = false) throws(FunctionFailure) -> [String] {
        var texts: [String] = []
        for value in arguments.dropFirst(first) {
            if skipsNil, case .none = value { continue }
            texts.append(try text(of: value))
        }
        return texts
    }

    /// sprig's view of a value as a list of texts: the elements of a list without nils, any other value alone.
    func textList(_ index: Int) throws(FunctionFailure) -> [String] {
        switch arguments[index] {
        case .none: return []
        case .list(let list):
            var texts: [String] = []
            for item in list.items {
                if case .none = item { continue }
                texts.append(try text(of: item))
            }
            return texts
        case let value: return [try text(of: value)]
        }
    }
}

extension TemplateValue {
    var isString: Bool {
        if case .string = self { return true }
        return false
    }
}
