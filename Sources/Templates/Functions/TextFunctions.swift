// Functions that cut, search, pad and replace text.

extension BuiltinFunctions {
    static func addText(_ table: inout [String: TemplateFunction]) {
        table.add("trim", 1) { (call) throws(FunctionFailure) in
            try call.made(try call.string(0).trimming(\.isGoSpace))
        }
        for name in ["trimAll", "trimall"] {
            table.add(name, 2) { (call) throws(FunctionFailure) in
                let set = Set(try call.string(0).unicodeScalars)
                return try call.made(try call.string(1).trimming(set.contains))
            }
        }
        table.add("trimSuffix", 2) { (call) throws(FunctionFailure) in
            let (suffix, text) = (try call.string(0), try call.string(1))
            return try call.made(
                text.hasByteSuffix(suffix) ? text.bytes(0..<(text.utf8.count - suffix.utf8.count)) : text)
        }
        table.add("trimPrefix", 2) { (call) throws(FunctionFailure) in
            let (prefix, text) = (try call.string(0), try call.string(1))
            return try call.made(text.hasBytePrefix(prefix) ? text.bytes(prefix.utf8.count..<text.utf8.count) : text)
        }
        table.add("contains", 2) { (call) throws(FunctionFailure) in
            .bool(try call.string(1).containsBytes(try call.string(0)))
        }
        table.add("hasPrefix", 2) { (call) throws(FunctionFailure) in
            .bool(try call.string(1).hasBytePrefix(try call.string(0)))
        }
        table.add("hasSuffix", 2) { (call) throws(FunctionFailure) in
            .bool(try call.string(1).hasByteSuffix(try call.string(0)))
        }
        table.add("replace", 3) { (call) throws(FunctionFailure) in
            let (old, new, text) = (try call.string(0), try call.string(1), try call.string(2))
            let found = old.isEmpty ? text.unicodeScalars.count + 1 : text.byteOffsets(of: old).count
            let added = found.multipliedReportingOverflow(by: new.utf8.count)
            try call.budget.spend(bytes: added.overflow ? .max : text.utf8.count &+ added.partialValue)
            return .string(text.replacingBytes(old, with: new))
        }
        table.add("repeat", 2) { (call) throws(FunctionFailure) in
            let (count, text) = (max(try call.int(0), 0), try call.string(1))
            let size = count.multipliedReportingOverflow(by: max(text.utf8.count, 1))
            try call.budget.spend(bytes: size.overflow ? .max : size.partialValue)
            return .string(String(repeating: text, count: count))
        }
        table.add("substr", 3) { (call) throws(FunctionFailure) in
            let (start, end, text) = (try call.int(0), try call.int(1), try call.string(2))
            let size = text.utf8.count
            if start < 0 { return try call.made(text.bytes(0..<max(end, 0))) }
            if end < 0 || end > size { return try call.made(text.bytes(start..<max(size, start))) }
            guard start <= end else { throw FunctionFailure("the start \(start) is after the end \(end).") }
            return try call.made(text.bytes(start..<end))
        }
        table.add("trunc", 2) { (call) throws(FunctionFailure) in
            let (count, text) = (try call.int(0), try call.string(1))
            let size = text.utf8.count
            if count < 0 { return try call.made(size > count.magnitude ? text.bytes((size + count)..<size) : text) }
            return try call.made(text.bytes(0..<count))
        }
        table.add("indent", 2) { (call) throws(FunctionFailure) in .string(try indented(call)) }
        table.add("nindent", 2) { (call) throws(FunctionFailure) in .string("\n" + (try indented(call))) }
    }

    private static func indented(_ call: TemplateCall) throws(FunctionFailure) -> String {
        let (count, text) = (try call.int(0), try call.string(1))
        guard count >= 0 else { throw FunctionFailure("an indentation can't be negative.") }
        let lines = text.utf8.count { $0 == UInt8(ascii: "\n") } + 1
        let size = lines.multipliedReportingOverflow(by: count)
        try call.budget.spend(bytes: size.overflow ? .max : text.utf8.count &+ size.partialValue)
        let padding = String(repeating: " ", count: count)
        return padding + text.replacingBytes("\n", with: "\n" + padding)
    }

    static func addWords(_ table: inout [String: TemplateFunction]) {
        table.add("lower", 1) { (call) throws(FunctionFailure) in try call.made(try call.string(0).lowercased()) }
        table.add("upper", 1) { (call) throws(FunctionFailure) in try call.made(try call.string(0).uppercased()) }
        table.add("title", 1) { (call) throws(FunctionFailure) in
            try call.made(eachWordStart(of: try call.string(0)) { $0.properties.titlecaseMapping })
        }
        table.add("untitle", 1) { (call) throws(FunctionFailure) in
            try call.made(eachWordStart(of: try call.string(0)) { $0.properties.lowercaseMapping })
        }
        table.add("nospace", 1) { (call) throws(FunctionFailure) in
            try call.made(String(String.UnicodeScalarView(try call.string(0).unicodeScalars.filter { !$0.isGoSpace })))
        }
        table.add("plural", 3) { (call) throws(FunctionFailure) in
            .string(try call.int(2) == 1 ? try call.string(0) : try call.string(1))
        }
        table.add("join", 2) { (call) throws(FunctionFailure) in
            let (separator, texts) = (try call.text(0), try call.textList(1))
            let size = texts.reduce(0) { $0 + $1.utf8.count + separator.utf8.count }
            try call.budget.spend(bytes: size)
            return .string(texts.joined(separator: separator))
        }
        table.add("splitList", 2) { (call) throws(FunctionFailure) in
            let parts = try call.string(1).parts(separatedBy: try call.string(0))
            return try call.made(parts.map(TemplateValue.string))
        }
        table.add("split", 2) { (call) throws(FunctionFailure) in
            try numbered(try call.string(1).parts(separatedBy: try call.string(0)), call)
        }
        table.add("splitn", 3) { (call) throws(FunctionFailure) in
            let limit = try call.int(1)
            if limit == 0 { return .map(of: [:]) }
            let parts = try call.string(2).parts(separatedBy: try call.string(0), limit: limit < 0 ? .max : limit)
            return try numbered(parts, call)
        }
    }

    /// `split` gives a map with the keys `_0`, `_1`, …
    private static func numbered(_ parts: [String], _ call: TemplateCall) throws(FunctionFailure) -> TemplateValue {
        try call.budget.spend(steps: parts.count)
        var entries: [String: TemplateValue] = [:]
        for (index, part) in parts.enumerated() { entries["_\(index)"] = .string(part) }
        return .map(of: entries)
    }

    /// Go's notion of a word: letters, digits and underscores continue it; other signs of ASCII, and spaces, end it.
    private static func eachWordStart(of text: String, _ change: (Unicode.Scalar) -> String) -> String {
        var result = ""
        var afterSeparator = true
        for scalar in text.unicodeScalars {
            if afterSeparator { result += change(scalar) } else { result.unicodeScalars.append(scalar) }
            let isWord = scalar.properties.isAlphabetic || scalar == "_" || scalar.properties.numericType != nil
            afterSeparator = !isWord && (scalar.isASCII || scalar.isGoSpace)
        }
        return result
    }
}
