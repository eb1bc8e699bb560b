// Walks a template's tree and writes text: the execution rules of Go's text/template.

final class TemplateEvaluator {
    /// Functions that need the evaluator itself.
    static let specialFunctions = ["and", "or", "include", "tpl", "include_debug", "tpl_debug"]

    let functions: [String: TemplateFunction]
    let limits: TemplateLimits
    let budget: TemplateBudget
    let heap = ValueHeap()
    let debug: ((String) -> Void)?
    private(set) var templates: [String: TemplateDefinition]

    private var output: [UInt8] = []
    private var variables: [(name: String, value: TemplateValue)] = []
    private var source = TemplateSource(file: "", text: "")
    private var depth = 0
    private var callDepth = 0

    /// How a list of nodes was left.
    private enum Flow {
        case through
        case leave
        case next
    }

    init(
        functions: [String: TemplateFunction], templates: [String: TemplateDefinition], limits: TemplateLimits,
        debug: ((String) -> Void)?
    ) {
        self.functions = functions
        self.templates = templates
        self.limits = limits
        self.debug = debug
        budget = TemplateBudget(limits)
    }

    func render(_ name: String, _ data: TemplateValue) throws(TemplateError) -> String {
        guard let definition = templates[name] else {
            throw TemplateError(file: name, line: 1, column: 1, problem: "there is no template of this name.")
        }
        try execute(definition, data)
        return String(decoding: output, as: UTF8.self)
    }

    /// Runs a template with variables of its own; its text goes to the output.
    private func execute(_ definition: TemplateDefinition, _ data: TemplateValue) throws(TemplateError) {
        let outer = (variables, source)
        variables = [("", data)]
        source = definition.source
        defer { (variables, source) = outer }
        _ = try walk(definition.nodes, data)
    }

    // MARK: Nodes

    private func walk(_ nodes: [TemplateNode], _ dot: TemplateValue) throws(TemplateError) -> Flow {
        guard let first = nodes.first else { return .through }
        try enter(first.offset)
        defer { depth -= 1 }
        let scope = variables.count
        defer { variables.removeSubrange(scope...) }
        for node in nodes {
            try spend(1, node.offset)
            switch node.kind {
            case .text(let text): try write(text, node.offset)
            case .action(let pipeline):
                let value = try evaluate(pipeline, dot)
                if pipeline.variables.isEmpty { try write(try printed(value, node.offset), node.offset) }
            case .branch(let branch):
                let flow = try walk(branch, dot, node.offset)
                if flow != .through { return flow }
            case .call(let name, let argument):
                let value = try argument.map { (pipeline) throws(TemplateError) in try evaluate(pipeline, dot) }
                try call(name, value ?? .none, node.offset)
            case .leave: return .leave
            case .next: return .next
            }
        }
        return .through
    }

    private func walk(_ branch: TemplateBranch, _ dot: TemplateValue, _ offset: Int) throws(TemplateError) -> Flow {
        let scope = variables.count
        defer { variables.removeSubrange(scope...) }
        if branch.kind == .range { return try walkRange(branch, dot) }
        for arm in branch.arms {
            let value = try evaluate(arm.pipeline, dot)
            guard value.isTrue else { continue }
            return try walk(arm.body, branch.kind == .with ? value : dot)
        }
        return try walk(branch.otherwise, dot)
    }

    private func walkRange(_ branch: TemplateBranch, _ dot: TemplateValue) throws(TemplateError) -> Flow {
        let (pipeline, body) = branch.arms[0]
        let value = try evaluate(pipeline, dot, declares: false)
        let scope = variables.count
        var isEmpty = true
        /// One turn; false to stop.
        func turn(_ key: TemplateValue, _ item: TemplateValue) throws(TemplateError) -> Bool {
            isEmpty = false
            try spend(1, pipeline.offset)
            defer { variables.removeSubrange(scope...) }
            try bind(pipeline, key, item)
            return try walk(body, item) != .leave
        }
        switch value {
        case .none: break
        case .list(let list):
            for (index, item) in list.items.enumerated() {
                guard try turn(.int(index), item) else { break }
            }
        case .map(let map):
            for key in map.sortedKeys {
                // The body may remove keys that are still to come.
                guard let item = map.entries[key] else { continue }
                guard try turn(.string(key), item) else { break }
            }
        case .int(let count):
            var index = 0
            while index < count, try turn(.int(index), .int(index)) { index += 1 }
        default: throw source.error(pipeline.offset, "`range` can't go over a value of type \(value.typeName).")
        }
        return isEmpty ? try walk(branch.otherwise, dot) : .through
    }

    private func bind(
        _ pipeline: TemplatePipeline, _ key: TemplateValue, _ item: TemplateValue
    ) throws(TemplateError) {
        guard let last = pipeline.variables.last else { return }
        let values = pipeline.variables.count == 2 ? [(pipeline.variables[0], key), (last, item)] : [(last, item)]
        for (name, value) in values {
            if pipeline.assigns { try assign(name, value, pipeline.offset) } else { variables.append((name, value)) }
        }
    }

    // MARK: Calls of templates

    private func call(_ name: String, _ data: TemplateValue, _ offset: Int) throws(TemplateError) {
        guard let definition = templates[name] else {
            let near = nearestName(to: name, among: templates.keys.sorted()).map { " Did you mean \"\($0)\"?" } ?? ""
            throw source.error(offset, "there is no template \"\(name)\".\(near)")
        }
        guard callDepth < limits.callDepth else {
            throw source.error(offset, "templates call one another deeper than \(limits.callDepth) levels.")
        }
        callDepth += 1
        defer { callDepth -= 1 }
        let caller = source
        do {
            try execute(definition, data)
        } catch {
            throw error.called(from: caller.place(offset))
        }
    }

    /// What a template prints, instead of writing it.
    private func captured(_ name: String, _ data: TemplateValue, _ offset: Int) throws(TemplateError) -> TemplateValue {
        let outer = output
        output = []
        defer { output = outer }
        try call(name, data, offset)
        return .string(String(decoding: output, as: UTF8.self))
    }

    func include(_ arguments: [TemplateValue], _ offset: Int) throws(TemplateError) -> TemplateValue {
        guard arguments.count == 2, case .string(let name) = arguments[0] else {
            throw source.error(offset, "`include` takes a template's name and a value.")
        }
        return try captured(name, arguments[1], offset)
    }

    /// Renders a text as a template. What it defines stays defined, as in werf.
    func renderText(_ arguments: [TemplateValue], _ offset: Int) throws(TemplateError) -> TemplateValue {
        guard arguments.count == 2, case .string(let text) = arguments[0] else {
            throw source.error(offset, "`tpl` takes a text and a value.")
        }
        let caller = source
        let name = "the text of `tpl` at \(caller.place(offset))"
        try spend(bytes: text.utf8.count, offset)
        templates[name] = nil
        do {
            try TemplateEngine.add(
                TemplateSource(file: name, text: text), as: name, to: &templates, functions: functions, limits: limits)
        } catch {
            throw error.called(from: caller.place(offset))
        }
        return try captured(name, arguments[1], offset)
    }

    // MARK: Variables and limits

    func value(of name: String, _ offset: Int) throws(TemplateError) -> TemplateValue {
        guard let variable = variables.last(where: { $0.name == name }) else {
            throw source.error(offset, "the variable $\(name) is not defined.")
        }
        return variable.value
    }

    func declare(_ name: String, _ value: TemplateValue) {
        variables.append((name, value))
    }

    func assign(_ name: String, _ value: TemplateValue, _ offset: Int) throws(TemplateError) {
        guard let index = variables.lastIndex(where: { $0.name == name }) else {
            throw source.error(offset, "the variable $\(name) is not defined.")
        }
        variables[index].value = value
    }

    /// Every `enter` is followed by a `depth -= 1` on all ways out.
    func enter(_ offset: Int) throws(TemplateError) {
        guard depth < limits.evaluationDepth else {
            throw source.error(
                offset, "the template is nested deeper than \(limits.evaluationDepth) levels while it runs.")
        }
        depth += 1
    }

    func leave() {
        depth -= 1
    }

    func fail(_ offset: Int, _ problem: String) -> TemplateError {
        source.error(offset, problem)
    }

    func spend(_ steps: Int, _ offset: Int) throws(TemplateError) {
        do { try budget.spend(steps: steps) } catch { throw source.error(offset, error.problem) }
    }

    private func spend(bytes: Int, _ offset: Int) throws(TemplateError) {
        do { try budget.spend(bytes: bytes) } catch { throw source.error(offset, error.problem) }
    }

    // MARK: Output

    private func printed(_ value: TemplateValue, _ offset: Int) throws(TemplateError) -> String {
        switch value {
        case .none: return "<no value>"
        case .string(let text): return text
        default:
            do { return try GoFormatter.print(value, budget) } catch { throw source.error(offset, error.problem) }
        }
    }

    private func write(_ text: String, _ offset: Int) throws(TemplateError) {
        let size = text.utf8.count
        guard output.count + size <= limits.outputBytes else {
            throw source.error(offset, "the rendered text is longer than \(limits.outputBytes) bytes.")
        }
        try spend(bytes: size, offset)
        output += text.utf8
    }
}
