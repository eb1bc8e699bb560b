// sprig's functions with regular expressions.

extension BuiltinFunctions {
    /// Instructions times scalars that count as one step.
    private static let workPerStep = 16

    static func addExpressions(_ table: inout [String: TemplateFunction]) {
        for must in ["", "must"] {
            func add(_ name: String, _ arguments: Int, _ body: @escaping Body) {
                table.add(must.isEmpty ? "regex\(name)" : "mustRegex\(name)", arguments, body)
            }
            add("Match", 2) { (call) throws(FunctionFailure) in
                let (expression, text) = try prepare(call, text: 1)
                return .bool(expression.firstMatch(in: text, from: 0) != nil)
            }
            add("Find", 2) { (call) throws(FunctionFailure) in
                let (expression, text) = try prepare(call, text: 1)
                guard let match = expression.firstMatch(in: text, from: 0) else { return .string("") }
                return .string(string(text, match[0], match[1]))
            }
            add("FindAll", 3) { (call) throws(FunctionFailure) in
                let (expression, text) = try prepare(call, text: 1)
                let limit = try call.int(2)
                let found = try matches(of: expression, in: text, limit: limit < 0 ? .max : limit, call)
                return try call.made(found.map { .string(string(text, $0[0], $0[1])) })
            }
            add("ReplaceAll", 3) { (call) throws(FunctionFailure) in try replaced(call, literal: false) }
            add("ReplaceAllLiteral", 3) { (call) throws(FunctionFailure) in try replaced(call, literal: true) }
            add("Split", 3) { (call) throws(FunctionFailure) in try split(call) }
        }
        table.add("regexQuoteMeta", 1) { (call) throws(FunctionFailure) in
            var result = ""
            for scalar in try call.string(0).unicodeScalars {
                if "\\.+*?()|[]{}^$".unicodeScalars.contains(scalar) { result += "\\" }
                result.unicodeScalars.append(scalar)
            }
            return try call.made(result)
        }
    }

    /// Charges one search over the whole text.
    private static func prepare(
        _ call: TemplateCall, text index: Int
    ) throws(FunctionFailure) -> (RegularExpression, [Unicode.Scalar]) {
        let text = Array(try call.string(index).unicodeScalars)
        let expression: RegularExpression
        do {
            expression = try RegularExpression(try call.string(0))
        } catch let error as RegularExpressionError {
            throw FunctionFailure("the regular expression is wrong: \(error)")
        } catch {
            throw FunctionFailure("argument 1 must be a string, not \(call.arguments[0].typeName).")
        }
        let work = expression.program.count.multipliedReportingOverflow(by: text.count + 1)
        try call.budget.spend(steps: work.overflow ? .max : work.partialValue / workPerStep + 1)
        return (expression, text)
    }

    private static func matches(
        of expression: RegularExpression, in text: [Unicode.Scalar], limit: Int = .max, _ call: TemplateCall
    ) throws(FunctionFailure) -> [[Int?]] {
        try expression.matches(in: text, limit: limit) { (scanned) throws(FunctionFailure) in
            try call.budget.spend(steps: scanned * expression.program.count / workPerStep + 1)
        }
    }

    private static func string(_ text: [Unicode.Scalar], _ start: Int?, _ end: Int?) -> String {
        guard let start, let end else { return "" }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: text[start..<end])
        return String(view)
    }

    private static func replaced(_ call: TemplateCall, literal: Bool) throws(FunctionFailure) -> TemplateValue {
        let (expression, text) = try prepare(call, text: 1)
        let replacement = try call.string(2)
        var result = ""
        var position = 0
        for match in try matches(of: expression, in: text, call) {
            result += string(text, position, match[0])
            result += literal ? replacement : expand(replacement, match, text, expression)
            guard result.utf8.count <= call.budget.limits.outputBytes else { break }
            position = match[1] ?? position
        }
        return try call.made(result + string(text, position, text.count))
    }

    /// `$1`, `$name`, `${1}` and `$$`; the longest name is taken, unknown ones are empty.
    private static func expand(
        _ replacement: String, _ match: [Int?], _ text: [Unicode.Scalar], _ expression: RegularExpression
    ) -> String {
        var result = ""
        var rest = replacement.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "$", let next = rest.first else {
                result.unicodeScalars.append(scalar)
                continue
            }
            if next == "$" {
                rest.removeFirst()
                result += "$"
                continue
            }
            let inner = next == "{" ? rest.dropFirst() : rest
            let name = inner.prefix(while: ScalarClass.word.contains)
            let after = inner[name.endIndex...]
            guard !name.isEmpty, next != "{" || after.first == "}" else {
                result += "$"
                continue
            }
            rest = next == "{" ? after.dropFirst() : after
            let group = Int(String(name)) ?? expression.groupNames[String(name)] ?? -1
            if match.indices.contains(group &* 2), group >= 0, group <= match.count / 2 {
                result += string(text, match[2 * group], match[2 * group + 1])
            }
        }
        return result
    }

    /// Go's Split: a limit of 0 gives nothing, a negative one all parts.
    private static func split(_ call: TemplateCall) throws(FunctionFailure) -> TemplateValue {
        let (expression, text) = try prepare(call, text: 1)
        let limit = try call.int(2)
        guard limit != 0 else { return .list(of: [TemplateValue]()) }
        if !(try call.string(0).isEmpty), text.isEmpty { return .list(of: [""]) }
        var parts: [TemplateValue] = []
        var (start, end) = (0, 0)
        for match in try matches(of: expression, in: text, call) {
            if limit > 0, parts.count == limit - 1 { break }
            guard let matchStart = match[0], let matchEnd = match[1] else { continue }
            end = matchStart
            if matchEnd != 0 { parts.append(.string(string(text, start, end))) }
            start = matchEnd
        }
        if end != text.count { parts.append(.string(string(text, start, text.count))) }
        return try call.made(parts)
    }
}
