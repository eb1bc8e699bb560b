// Functions that make and take apart lists.

extension BuiltinFunctions {
    static func addLists(_ table: inout [String: TemplateFunction]) {
        for name in ["list", "tuple"] {
            table.add(name, atLeast: 0) { (call) throws(FunctionFailure) in try call.made(call.arguments) }
        }
        for name in ["append", "push"] {
            table.add(name, 2) { (call) throws(FunctionFailure) in try call.made(try call.list(0) + [call.arguments[1]])
            }
        }
        table.add("prepend", 2) { (call) throws(FunctionFailure) in
            try call.made([call.arguments[1]] + (try call.list(0)))
        }
        table.add("concat", atLeast: 0) { (call) throws(FunctionFailure) in
            var items: [TemplateValue] = []
            for index in call.arguments.indices {
                let more = try call.list(index)
                try call.budget.spend(steps: more.count)
                items += more
            }
            return .list(of: items)
        }
        table.add("sortAlpha", 1) { (call) throws(FunctionFailure) in
            try call.made(try call.textList(0).sorted(by: bytesPrecede).map(TemplateValue.string))
        }
        table.add("toStrings", 1) { (call) throws(FunctionFailure) in
            try call.made(try call.textList(0).map(TemplateValue.string))
        }
        table.add("until", 1) { (call) throws(FunctionFailure) in
            let end = try call.int(0)
            return try numbers(call, from: 0, to: end, by: end < 0 ? -1 : 1)
        }
        table.add("untilStep", 3) { (call) throws(FunctionFailure) in
            try numbers(call, from: try call.int(0), to: try call.int(1), by: try call.int(2))
        }
        table.add("seq", 1...3) { (call) throws(FunctionFailure) in try sequence(call) }
    }

    private static func numbers(
        _ call: TemplateCall, from start: Int, to end: Int, by step: Int
    ) throws(FunctionFailure) -> TemplateValue {
        guard step != 0 else { return .list(of: [TemplateValue]()) }
        var items: [TemplateValue] = []
        for number in stride(from: start, to: end, by: step) {
            try call.budget.spend(steps: 1)
            items.append(.int(number))
        }
        return .list(of: items)
    }

    /// As seq(1): END, START END, or START STEP END, both ends included, joined by spaces.
    private static func sequence(_ call: TemplateCall) throws(FunctionFailure) -> TemplateValue {
        let end = try call.int(call.count - 1)
        let start = call.count == 1 ? 1 : try call.int(0)
        let step = call.count == 3 ? try call.int(1) : end < start ? -1 : 1
        guard step != 0 else { return .string("") }
        var texts: [String] = []
        for number in stride(from: start, through: end, by: step) {
            try call.budget.spend(steps: 1)
            texts.append(String(number))
        }
        return try call.made(texts.joined(separator: " "))
    }

    static func addListParts(_ table: inout [String: TemplateFunction]) {
        table.add("first", 1) { (call) throws(FunctionFailure) in try call.list(0).first ?? .none }
        table.add("last", 1) { (call) throws(FunctionFailure) in try call.list(0).last ?? .none }
        table.add("rest", 1) { (call) throws(FunctionFailure) in try call.made(Array(try call.list(0).dropFirst())) }
        table.add("initial", 1) { (call) throws(FunctionFailure) in try call.made(Array(try call.list(0).dropLast())) }
        table.add("reverse", 1) { (call) throws(FunctionFailure) in try call.made(Array(try call.list(0).reversed())) }
        table.add("compact", 1) { (call) throws(FunctionFailure) in try call.made(try call.list(0).filter(\.isTrue)) }
        table.add("uniq", 1) { (call) throws(FunctionFailure) in
            var kept: [TemplateValue] = []
            for item in try call.list(0) where !(try holds(kept, item, call.budget)) { kept.append(item) }
            return try call.made(kept)
        }
        table.add("without", atLeast: 1) { (call) throws(FunctionFailure) in
            let removed = Array(call.arguments.dropFirst())
            var kept: [TemplateValue] = []
            for item in try call.list(0) where !(try holds(removed, item, call.budget)) { kept.append(item) }
            return try call.made(kept)
        }
        table.add("has", 2) { (call) throws(FunctionFailure) in
            if case .none = call.arguments[1] { return .bool(false) }
            return .bool(try holds(try call.list(1), call.arguments[0], call.budget))
        }
        table.add("slice", 1...3) { (call) throws(FunctionFailure) in
            let items = try call.list(0)
            let low = call.count > 1 ? try call.int(1) : 0
            let high = call.count > 2 ? try call.int(2) : items.count
            guard 0 <= low, low <= high, high <= items.count else {
                throw FunctionFailure("there are no elements \(low) to \(high): the list has \(items.count).")
            }
            return try call.made(Array(items[low..<high]))
        }
        table.add("chunk", 2) { (call) throws(FunctionFailure) in
            let (size, items) = (try call.int(0), try call.list(1))
            guard size > 0 else { throw FunctionFailure("a chunk needs a size above 0.") }
            let chunks = stride(from: 0, to: items.count, by: size).map { start in
                TemplateValue.list(of: Array(items[start..<min(start + size, items.count)]))
            }
            return try call.made(chunks)
        }
    }

    private static func holds(
        _ items: [TemplateValue], _ wanted: TemplateValue, _ budget: TemplateBudget
    ) throws(FunctionFailure) -> Bool {
        for item in items where try areDeeplyEqual(item, wanted, budget, depth: 0) { return true }
        return false
    }

    /// reflect.DeepEqual: values of different types are different, not an error.
    static func areDeeplyEqual(
        _ left: TemplateValue, _ right: TemplateValue, _ budget: TemplateBudget, depth: Int
    ) throws(FunctionFailure) -> Bool {
        try budget.spend(steps: 1)
        guard depth <= budget.limits.valueDepth else {
            throw FunctionFailure("a value is nested too deeply to compare.")
        }
        switch (left, right) {
        case (.list(let left), .list(let right)):
            guard left.items.count == right.items.count else { return false }
            for (one, other) in zip(left.items, right.items)
            where !(try areDeeplyEqual(one, other, budget, depth: depth + 1)) { return false }
            return true
        case (.map(let left), .map(let right)):
            guard left.entries.count == right.entries.count else { return false }
            for (key, value) in left.entries {
                guard let other = right.entries[key], try areDeeplyEqual(value, other, budget, depth: depth + 1) else {
                    return false
                }
            }
            return true
        case (.list, _), (.map, _), (.object, _), (_, .list), (_, .map), (_, .object): return false
        default:
            guard left.typeName == right.typeName else { return false }
            return try areEqual(left, right)
        }
    }
}
