// default, ternary and their kin; fail, required; what a value is.

extension BuiltinFunctions {
    static func addChoices(_ table: inout [String: TemplateFunction]) {
        table.add("default", 1...2) { (call) in
            call.count == 2 && call.arguments[1].isTrue ? call.arguments[1] : call.arguments[0]
        }
        table.add("empty", 1) { (call) in .bool(!call.arguments[0].isTrue) }
        table.add("coalesce", atLeast: 0) { (call) in call.arguments.first(where: \.isTrue) ?? .none }
        table.add("all", atLeast: 0) { (call) in .bool(call.arguments.allSatisfy(\.isTrue)) }
        table.add("any", atLeast: 0) { (call) in .bool(call.arguments.contains(where: \.isTrue)) }
        table.add("ternary", 3) { (call) throws(FunctionFailure) in
            try call.bool(2) ? call.arguments[0] : call.arguments[1]
        }
        table.add("fail", 1) { (call) throws(FunctionFailure) in throw FunctionFailure(try call.string(0)) }
        table.add("required", 2) { (call) throws(FunctionFailure) in
            let message = try call.string(0)
            switch call.arguments[1] {
            case .none, .string(""): throw FunctionFailure(message)
            case let value: return value
            }
        }
    }

    static func addKinds(_ table: inout [String: TemplateFunction]) {
        table.add("toString", 1) { (call) throws(FunctionFailure) in try call.made(try call.text(0)) }
        table.add("kindOf", 1) { (call) in .string(call.arguments[0].kindName) }
        table.add("typeOf", 1) { (call) in .string(call.arguments[0].typeName) }
        table.add("kindIs", 2) { (call) throws(FunctionFailure) in
            .bool(try call.string(0) == call.arguments[1].kindName)
        }
        table.add("typeIs", 2) { (call) throws(FunctionFailure) in
            .bool(try call.string(0) == call.arguments[1].typeName)
        }
        table.add("deepEqual", 2) { (call) throws(FunctionFailure) in
            .bool(try areDeeplyEqual(call.arguments[0], call.arguments[1], call.budget, depth: 0))
        }
    }

    static func addPaths(_ table: inout [String: TemplateFunction]) {
        table.add("base", 1) { (call) throws(FunctionFailure) in
            let path = try call.string(0)
            guard let last = path.split(separator: "/").last else { return .string(path.isEmpty ? "." : "/") }
            return .string(String(last))
        }
        table.add("dir", 1) { (call) throws(FunctionFailure) in
            let path = try call.string(0)
            guard let slash = path.lastIndex(of: "/") else { return .string(".") }
            return .string(cleaned(String(path[...slash])))
        }
        table.add("ext", 1) { (call) throws(FunctionFailure) in
            let name = try call.string(0).split(separator: "/", omittingEmptySubsequences: false).last ?? ""
            return .string(name.lastIndex(of: ".").map { String(name[$0...]) } ?? "")
        }
        table.add("clean", 1) { (call) throws(FunctionFailure) in .string(cleaned(try call.string(0))) }
        table.add("isAbs", 1) { (call) throws(FunctionFailure) in .bool(try call.string(0).hasPrefix("/")) }
    }

    /// Go's path.Clean.
    private static func cleaned(_ path: String) -> String {
        let isAbsolute = path.hasPrefix("/")
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else if part != ".." || !isAbsolute {
                parts.append(part)
            }
        }
        let joined = parts.joined(separator: "/")
        return isAbsolute ? "/" + joined : joined.isEmpty ? "." : joined
    }
}
