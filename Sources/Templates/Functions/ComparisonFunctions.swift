// eq, ne, lt, le, gt, ge, not, len, index: text/template's own functions.

extension BuiltinFunctions {
    static func addComparison(_ table: inout [String: TemplateFunction]) {
        table.add("eq", atLeast: 2) { (call) throws(FunctionFailure) in
            for other in call.arguments.dropFirst() where try areEqual(call.arguments[0], other) { return .bool(true) }
            return .bool(false)
        }
        table.add("ne", 2) { (call) throws(FunctionFailure) in
            .bool(!(try areEqual(call.arguments[0], call.arguments[1])))
        }
        table.add("lt", 2) { (call) throws(FunctionFailure) in .bool(try order(call) < 0) }
        table.add("le", 2) { (call) throws(FunctionFailure) in .bool(try order(call) <= 0) }
        table.add("gt", 2) { (call) throws(FunctionFailure) in .bool(try order(call) > 0) }
        table.add("ge", 2) { (call) throws(FunctionFailure) in .bool(try order(call) >= 0) }
        table.add("not", 1) { (call) in .bool(!call.arguments[0].isTrue) }
        table.add("len", 1) { (call) throws(FunctionFailure) in
            switch call.arguments[0] {
            case .string(let text): .int(text.utf8.count)
            case .list(let list): .int(list.items.count)
            case .map(let map): .int(map.entries.count)
            case let other: throw FunctionFailure("a value of type \(other.typeName) has no length.")
            }
        }
        table.add("index", atLeast: 1) { (call) throws(FunctionFailure) in
            var value = call.arguments[0]
            for key in call.arguments.dropFirst() { value = try element(of: value, at: key) }
            return value
        }
    }

    /// Basic values of one kind are compared; nil equals nil only; everything else is an error, as in Go.
    static func areEqual(_ left: TemplateValue, _ right: TemplateValue) throws(FunctionFailure) -> Bool {
        switch (left, right) {
        case (.list, _), (.map, _), (.object, _), (_, .list), (_, .map), (_, .object):
            throw FunctionFailure("values of type \(left.typeName) and \(right.typeName) can't be compared.")
        case (.none, .none): true
        case (.none, _), (_, .none): false
        case (.bool(let left), .bool(let right)): left == right
        case (.int(let left), .int(let right)): left == right
        case (.float(let left), .float(let right)): left == right
        case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
        default:
            throw FunctionFailure(
                "incompatible types for comparison: \(left.typeName) and \(right.typeName).")
        }
    }

    /// Below, at or above zero.
    private static func order(_ call: TemplateCall) throws(FunctionFailure) -> Int {
        switch (call.arguments[0], call.arguments[1]) {
        case (.int(let left), .int(let right)): return left < right ? -1 : left == right ? 0 : 1
        case (.float(let left), .float(let right)): return left < right ? -1 : left == right ? 0 : 1
        case (.string(let left), .string(let right)):
            return left.utf8.elementsEqual(right.utf8) ? 0 : bytesPrecede(left, right) ? -1 : 1
        case (let left, let right):
            throw FunctionFailure(
                "values of type \(left.typeName) and \(right.typeName) have no order.")
        }
    }

    private static func element(of value: TemplateValue, at key: TemplateValue) throws(FunctionFailure) -> TemplateValue
    {
        switch (value, key) {
        case (.map(let map), .string(let name)): return map.entries[name] ?? .none
        case (.map, _): throw FunctionFailure("the key of a map must be a string, not \(key.typeName).")
        case (.list(let list), .int(let index)):
            guard list.items.indices.contains(index) else {
                throw FunctionFailure("the index \(index) is out of range: the list has \(list.items.count) elements.")
            }
            return list.items[index]
        case (.string(let text), .int(let index)):
            let bytes = Array(text.utf8)
            guard bytes.indices.contains(index) else {
                throw FunctionFailure("the index \(index) is out of range: the text has \(bytes.count) bytes.")
            }
            return .int(Int(bytes[index]))
        case (.list, _), (.string, _): throw FunctionFailure("an index must be an integer, not \(key.typeName).")
        default: throw FunctionFailure("a value of type \(value.typeName) can't be indexed.")
        }
    }
}
