// The functions that every template may use: text/template's own, sprig's and werf's.

enum BuiltinFunctions {
    typealias Body = (TemplateCall) throws(FunctionFailure) -> TemplateValue

    static var all: [String: TemplateFunction] {
        var table: [String: TemplateFunction] = [:]
        for add in [
            addComparison, addPrinting, addText, addWords, addLists, addListParts, addMaps, addMerging, addNumbers,
            addChoices,
            addKinds, addEncodings, addExpressions, addPaths,
        ] { add(&table) }
        return table
    }
}

extension [String: TemplateFunction] {
    mutating func add(_ name: String, _ arguments: ClosedRange<Int>, _ body: @escaping BuiltinFunctions.Body) {
        self[name] = TemplateFunction(arguments: arguments, body: body)
    }

    mutating func add(_ name: String, _ arguments: Int, _ body: @escaping BuiltinFunctions.Body) {
        add(name, arguments...arguments, body)
    }

    mutating func add(_ name: String, atLeast arguments: Int, _ body: @escaping BuiltinFunctions.Body) {
        add(name, arguments...Int.max, body)
    }
}
