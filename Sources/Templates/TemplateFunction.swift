// A function of a template, and the call that reaches it.

struct TemplateFunction {
    /// How many arguments it takes.
    let arguments: ClosedRange<Int>
    let body: (TemplateCall) throws(FunctionFailure) -> TemplateValue
}

/// One call: the arguments, and readers that check their types.
package struct TemplateCall {
    package let name: String
    package let arguments: [TemplateValue]
    let budget: TemplateBudget
    let debug: ((String) -> Void)?

    package var count: Int { arguments.count }

    package func string(_ index: Int) throws(FunctionFailure) -> String {
        guard case .string(let value) = arguments[index] else { throw wrongType(index, "a string") }
        return value
    }

    package func int(_ index: Int) throws(FunctionFailure) -> Int {
        guard case .int(let value) = arguments[index] else { throw wrongType(index, "an integer") }
        return value
    }

    package func bool(_ index: Int) throws(FunctionFailure) -> Bool {
        guard case .bool(let value) = arguments[index] else { throw wrongType(index, "a boolean") }
        return value
    }

    package func list(_ index: Int) throws(FunctionFailure) -> [TemplateValue] {
        guard case .list(let list) = arguments[index] else { throw wrongType(index, "a list") }
        return list.items
    }

    package func map(_ index: Int) throws(FunctionFailure) -> TemplateMap {
        guard case .map(let map) = arguments[index] else { throw wrongType(index, "a map") }
        return map
    }

    /// The text of any value, as `toString` gives it.
    package func text(_ index: Int) throws(FunctionFailure) -> String {
        try text(of: arguments[index])
    }

    package func text(of value: TemplateValue) throws(FunctionFailure) -> String {
        if case .string(let value) = value { return value }
        return try GoFormatter.print(value, budget)
    }

    func wrongType(_ index: Int, _ expected: String) -> FunctionFailure {
        FunctionFailure("argument \(index + 1) must be \(expected), not \(arguments[index].typeName).")
    }

    /// A string result; its bytes are charged. Results that can be much longer than the arguments are to be charged
    /// before they are made.
    func made(_ text: String) throws(FunctionFailure) -> TemplateValue {
        try budget.spend(bytes: text.utf8.count)
        return .string(text)
    }

    /// A list result; its elements are charged.
    func made(_ items: [TemplateValue]) throws(FunctionFailure) -> TemplateValue {
        try budget.spend(steps: items.count)
        return .list(of: items)
    }
}
