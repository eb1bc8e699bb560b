// Pipelines, operands, fields and calls: how the evaluator gets values.

extension TemplateEvaluator {
    /// The value of a pipeline; declares or assigns its variable.
    func evaluate(
        _ pipeline: TemplatePipeline, _ dot: TemplateValue, declares: Bool = true
    ) throws(TemplateError) -> TemplateValue {
        try enter(pipeline.offset)
        defer { leave() }
        var value: TemplateValue?
        for command in pipeline.commands { value = try evaluate(command, dot, piped: value) }
        let result = value ?? .none
        if declares, let name = pipeline.variables.first {
            if pipeline.assigns { try assign(name, result, pipeline.offset) } else { declare(name, result) }
        }
        return result
    }

    private func evaluate(
        _ command: TemplateCommand, _ dot: TemplateValue, piped: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        let first = command.operands[0]
        try spend(command.operands.count, first.offset)
        let rest = command.operands.dropFirst()
        if case .function(let name) = first.base, first.fields.isEmpty {
            return try call(name, rest, dot, piped: piped, first.offset)
        }
        if case .constant(.none) = first.base { throw fail(first.offset, "`nil` is no command.") }
        if first.fields.isEmpty {
            guard rest.isEmpty, piped == nil else {
                throw fail(first.offset, "arguments for a value that is no function.")
            }
            return try base(of: first, dot)
        }
        var arguments: [TemplateValue] = []
        for operand in rest { arguments.append(try evaluate(operand, dot)) }
        if let piped { arguments.append(piped) }
        return try follow(first, dot, arguments)
    }

    /// An operand as an argument: functions are called without arguments.
    private func evaluate(_ operand: TemplateOperand, _ dot: TemplateValue) throws(TemplateError) -> TemplateValue {
        operand.fields.isEmpty ? try base(of: operand, dot) : try follow(operand, dot, [])
    }

    private func base(of operand: TemplateOperand, _ dot: TemplateValue) throws(TemplateError) -> TemplateValue {
        switch operand.base {
        case .dot: dot
        case .variable(let name): try value(of: name, operand.offset)
        case .constant(let value): value
        case .function(let name): try call(name, [], dot, piped: nil, operand.offset)
        case .pipeline(let pipeline): try evaluate(pipeline, dot)
        }
    }

    // MARK: Fields

    /// The fields after an operand; only the last one can be a method with arguments.
    private func follow(
        _ operand: TemplateOperand, _ dot: TemplateValue, _ arguments: [TemplateValue]
    ) throws(TemplateError) -> TemplateValue {
        var value = try base(of: operand, dot)
        for (index, name) in operand.fields.enumerated() {
            let isLast = index == operand.fields.count - 1
            value = try field(name, of: value, isLast ? arguments : [], operand.offset)
        }
        return value
    }

    private func field(
        _ name: String, of value: TemplateValue, _ arguments: [TemplateValue], _ offset: Int
    ) throws(TemplateError) -> TemplateValue {
        switch value {
        case .map(let map):
            guard arguments.isEmpty else { throw fail(offset, "`.\(name)` is a field and takes no arguments.") }
            return map.entries[name] ?? .none
        case .object(let object):
            do {
                if let result = try object.call(name, arguments) {
                    heap.keep(result)
                    return result
                }
            } catch {
                throw fail(offset, "`.\(name)`: \(error.problem)")
            }
            let near = nearestName(to: name, among: object.members).map { " Did you mean `.\($0)`?" } ?? ""
            throw fail(offset, "there is no `.\(name)` here.\(near)")
        case .none: throw fail(offset, "`.\(name)` of a value that is nil.")
        default: throw fail(offset, "`.\(name)` of a value of type \(value.typeName), which has no fields.")
        }
    }

    // MARK: Functions

    private func call(
        _ name: String, _ operands: ArraySlice<TemplateOperand>, _ dot: TemplateValue, piped: TemplateValue?,
        _ offset: Int
    ) throws(TemplateError) -> TemplateValue {
        try enter(offset)
        defer { leave() }
        if name == "and" || name == "or" {
            return try shortCircuit(operands, dot, piped: piped, stopsAt: name == "or", offset)
        }
        var arguments: [TemplateValue] = []
        for operand in operands { arguments.append(try evaluate(operand, dot)) }
        if let piped { arguments.append(piped) }
        switch name {
        case "include": return try include(arguments, offset)
        case "tpl": return try renderText(arguments, offset)
        case "include_debug", "tpl_debug":
            // As in werf: without debugging they are plain include and tpl.
            let rendered = try name == "tpl_debug" ? renderText(arguments, offset) : include(arguments, offset)
            if let debug, case .string(let text) = rendered { debug(text) }
            return rendered
        default: return try call(name, arguments, offset)
        }
    }

    private func call(
        _ name: String, _ arguments: [TemplateValue], _ offset: Int
    ) throws(TemplateError) -> TemplateValue {
        guard let function = functions[name] else { throw fail(offset, "the function `\(name)` is not known.") }
        guard function.arguments.contains(arguments.count) else {
            throw fail(offset, "`\(name)` takes \(Self.describe(function.arguments)), not \(arguments.count).")
        }
        do {
            let call = TemplateCall(name: name, arguments: arguments, budget: budget, debug: debug)
            let result = try function.body(call)
            heap.keep(result)
            return result
        } catch {
            throw fail(offset, "`\(name)`: \(error.problem)")
        }
    }

    /// Stops at the first argument whose truth is `stopsAt`; later ones are not evaluated.
    private func shortCircuit(
        _ operands: ArraySlice<TemplateOperand>, _ dot: TemplateValue, piped: TemplateValue?, stopsAt: Bool,
        _ offset: Int
    ) throws(TemplateError) -> TemplateValue {
        var last: TemplateValue?
        for operand in operands {
            let value = try evaluate(operand, dot)
            if value.isTrue == stopsAt { return value }
            last = value
        }
        guard let value = piped ?? last else { throw fail(offset, "`and` and `or` need an argument.") }
        return value
    }

    private static func describe(_ arguments: ClosedRange<Int>) -> String {
        let noun = arguments.upperBound == 1 ? "argument" : "arguments"
        if arguments.count == 1 { return "\(arguments.lowerBound) \(noun)" }
        if arguments.upperBound == .max { return "at least \(arguments.lowerBound) arguments" }
        return "\(arguments.lowerBound) to \(arguments.upperBound) \(noun)"
    }
}
