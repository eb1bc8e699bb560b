// Arithmetic on whole numbers and floats; what is no number counts as 0, as in sprig.

extension BuiltinFunctions {
    static func addNumbers(_ table: inout [String: TemplateFunction]) {
        table.add("add", atLeast: 0) { (call) in .int(call.arguments.reduce(0) { $0 &+ integer($1) }) }
        table.add("add1", 1) { (call) in .int(integer(call.arguments[0]) &+ 1) }
        table.add("sub", 2) { (call) in .int(integer(call.arguments[0]) &- integer(call.arguments[1])) }
        table.add("mul", atLeast: 1) { (call) in .int(call.arguments.reduce(1) { $0 &* integer($1) }) }
        table.add("div", 2) { (call) throws(FunctionFailure) in
            let (left, right) = (integer(call.arguments[0]), integer(call.arguments[1]))
            guard right != 0 else { throw FunctionFailure("division by zero.") }
            return .int(left.dividedReportingOverflow(by: right).partialValue)
        }
        table.add("mod", 2) { (call) throws(FunctionFailure) in
            let (left, right) = (integer(call.arguments[0]), integer(call.arguments[1]))
            guard right != 0 else { throw FunctionFailure("division by zero.") }
            return .int(left.remainderReportingOverflow(dividingBy: right).partialValue)
        }
        for name in ["max", "biggest"] {
            table.add(name, atLeast: 1) { (call) in .int(call.arguments.map(integer).max() ?? 0) }
        }
        table.add("min", atLeast: 1) { (call) in .int(call.arguments.map(integer).min() ?? 0) }
        table.add("addf", atLeast: 0) { (call) in .float(call.arguments.reduce(0) { $0 + float($1) }) }
        table.add("subf", atLeast: 2) { (call) in
            .float(call.arguments.dropFirst().reduce(float(call.arguments[0])) { $0 - float($1) })
        }
        table.add("mulf", atLeast: 1) { (call) in .float(call.arguments.reduce(1) { $0 * float($1) }) }
        table.add("divf", atLeast: 2) { (call) in
            .float(call.arguments.dropFirst().reduce(float(call.arguments[0])) { $0 / float($1) })
        }
        table.add("maxf", atLeast: 1) { (call) in .float(call.arguments.map(float).max() ?? 0) }
        table.add("minf", atLeast: 1) { (call) in .float(call.arguments.map(float).min() ?? 0) }
        table.add("floor", 1) { (call) in .float(float(call.arguments[0]).rounded(.down)) }
        table.add("ceil", 1) { (call) in .float(float(call.arguments[0]).rounded(.up)) }
        table.add("round", 2...3) { (call) throws(FunctionFailure) in try rounded(call) }
        for name in ["int", "int64"] { table.add(name, 1) { (call) in .int(integer(call.arguments[0])) } }
        table.add("float64", 1) { (call) in .float(float(call.arguments[0])) }
        table.add("atoi", 1) { (call) throws(FunctionFailure) in .int(Int(try call.string(0)) ?? 0) }
        table.add("toDecimal", 1) { (call) throws(FunctionFailure) in .int(Int(try call.text(0), radix: 8) ?? 0) }
    }

    /// The third argument is the fraction from which on is rounded up; half by default.
    private static func rounded(_ call: TemplateCall) throws(FunctionFailure) -> TemplateValue {
        let (value, places) = (float(call.arguments[0]), try call.int(1))
        guard abs(places) <= 300 else { throw FunctionFailure("rounding takes at most 300 places.") }
        let threshold = call.count > 2 ? float(call.arguments[2]) : 0.5
        var power = 1.0
        for _ in 0..<abs(places) { power *= 10 }
        if places < 0 { power = 1 / power }
        let scaled = value * power
        guard scaled.isFinite else { return .float(value) }
        let whole = scaled.rounded(.towardZero)
        let fraction = scaled - whole
        let result = fraction >= threshold ? scaled.rounded(.up) : scaled.rounded(.down)
        return .float(result / power)
    }

    static func integer(_ value: TemplateValue) -> Int {
        switch value {
        case .int(let int): int
        case .float(let double): Int(exactly: double.rounded(.towardZero)) ?? 0
        case .bool(let bool): bool ? 1 : 0
        case .string(let text): integer(text)
        default: 0
        }
    }

    /// Go's ParseInt with base 0; "3.0" counts as 3.
    private static func integer(_ text: String) -> Int {
        if case .int(let value)? = NumberLiteral.value(of: text) { return value }
        guard let point = text.utf8.firstIndex(of: UInt8(ascii: ".")),
            text.utf8[text.utf8.index(after: point)...].allSatisfy({ $0 == UInt8(ascii: "0") }),
            case .int(let value)? = NumberLiteral.value(of: String(text[..<point]))
        else { return 0 }
        return value
    }

    static func float(_ value: TemplateValue) -> Double {
        switch value {
        case .int(let int): Double(int)
        case .float(let double): double
        case .bool(let bool): bool ? 1 : 0
        case .string(let text): Double(text) ?? 0
        default: 0
        }
    }
}
