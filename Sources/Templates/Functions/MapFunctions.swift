// dict and its kin. Where Go walks a map in random order, keys here go by their bytes.

extension BuiltinFunctions {
    static func addMaps(_ table: inout [String: TemplateFunction]) {
        table.add("dict", atLeast: 0) { (call) throws(FunctionFailure) in
            try call.budget.spend(steps: call.count)
            var entries: [String: TemplateValue] = [:]
            for index in stride(from: 0, to: call.count, by: 2) {
                entries[try call.text(index)] = index + 1 < call.count ? call.arguments[index + 1] : .string("")
            }
            return .map(of: entries)
        }
        table.add("get", 2) { (call) throws(FunctionFailure) in
            try call.map(0).entries[try call.string(1)] ?? .string("")
        }
        table.add("set", 3) { (call) throws(FunctionFailure) in
            let map = try call.map(0)
            map.entries[try call.string(1)] = call.arguments[2]
            return .map(map)
        }
        table.add("unset", 2) { (call) throws(FunctionFailure) in
            let map = try call.map(0)
            map.entries[try call.string(1)] = nil
            return .map(map)
        }
        table.add("hasKey", 2) { (call) throws(FunctionFailure) in
            .bool(try call.map(0).entries[try call.string(1)] != nil)
        }
        table.add("keys", atLeast: 0) { (call) throws(FunctionFailure) in
            var keys: [TemplateValue] = []
            for index in call.arguments.indices { keys += try call.map(index).sortedKeys.map(TemplateValue.string) }
            return try call.made(keys)
        }
        table.add("values", 1) { (call) throws(FunctionFailure) in
            let map = try call.map(0)
            return try call.made(map.sortedKeys.compactMap { map.entries[$0] })
        }
        table.add("pick", atLeast: 1) { (call) throws(FunctionFailure) in
            let keys = try strings(call, from: 1)
            return try copied(try call.map(0).entries.filter { keys.contains($0.key) }, call)
        }
        table.add("omit", atLeast: 1) { (call) throws(FunctionFailure) in
            let keys = try strings(call, from: 1)
            return try copied(try call.map(0).entries.filter { !keys.contains($0.key) }, call)
        }
        table.add("pluck", atLeast: 1) { (call) throws(FunctionFailure) in
            var found: [TemplateValue] = []
            for index in call.arguments.indices.dropFirst() {
                if let value = try call.map(index).entries[try call.string(0)] { found.append(value) }
            }
            return try call.made(found)
        }
        table.add("dig", atLeast: 3) { (call) throws(FunctionFailure) in
            var value = call.arguments[call.count - 1]
            for index in 0..<(call.count - 2) {
                guard case .map(let map) = value else {
                    throw FunctionFailure("`\(try call.string(index))` is looked for in a value that is no map.")
                }
                guard let next = map.entries[try call.string(index)] else { return call.arguments[call.count - 2] }
                value = next
            }
            return value
        }
    }

    private static func strings(_ call: TemplateCall, from first: Int) throws(FunctionFailure) -> Set<String> {
        var keys: Set<String> = []
        for index in call.arguments.indices.dropFirst(first) { keys.insert(try call.string(index)) }
        return keys
    }

    private static func copied(
        _ entries: [String: TemplateValue], _ call: TemplateCall
    ) throws(FunctionFailure) -> TemplateValue {
        try call.budget.spend(steps: entries.count)
        return .map(of: entries)
    }

    static func addMerging(_ table: inout [String: TemplateFunction]) {
        for (name, overwrites) in [
            ("merge", false), ("mustMerge", false), ("mergeOverwrite", true), ("mustMergeOverwrite", true),
        ] {
            table.add(name, atLeast: 1) { (call) throws(FunctionFailure) in
                let target = try call.map(0)
                for index in call.arguments.indices.dropFirst() {
                    try merge(try call.map(index), into: target, overwrites: overwrites, call.budget, depth: 0)
                }
                return .map(target)
            }
        }
        for name in ["deepCopy", "mustDeepCopy"] {
            table.add(name, 1) { (call) throws(FunctionFailure) in
                try deepCopy(call.arguments[0], call.budget, depth: 0)
            }
        }
    }

    /// Maps are merged level by level. Empty values of the target give way; with `overwrites`, all but to empty ones.
    private static func merge(
        _ source: TemplateMap, into target: TemplateMap, overwrites: Bool, _ budget: TemplateBudget, depth: Int
    ) throws(FunctionFailure) {
        try budget.spend(steps: source.entries.count + 1)
        guard depth <= budget.limits.valueDepth else { throw FunctionFailure("a map is nested too deeply to merge.") }
        guard source !== target else { return }
        for key in source.sortedKeys {
            guard let value = source.entries[key] else { continue }
            if case .map(let inner) = value, case .map(let existing)? = target.entries[key] {
                try merge(inner, into: existing, overwrites: overwrites, budget, depth: depth + 1)
            } else if target.entries[key]?.isTrue != true || (overwrites && value.isTrue) {
                target.entries[key] = value
            }
        }
    }

    private static func deepCopy(
        _ value: TemplateValue, _ budget: TemplateBudget, depth: Int
    ) throws(FunctionFailure) -> TemplateValue {
        try budget.spend(steps: 1)
        guard depth <= budget.limits.valueDepth else { throw FunctionFailure("a value is nested too deeply to copy.") }
        switch value {
        case .list(let list):
            var items: [TemplateValue] = []
            for item in list.items { items.append(try deepCopy(item, budget, depth: depth + 1)) }
            return .list(of: items)
        case .map(let map):
            var entries: [String: TemplateValue] = [:]
            for (key, item) in map.entries { entries[key] = try deepCopy(item, budget, depth: depth + 1) }
            return .map(of: entries)
        default: return value
        }
    }
}
