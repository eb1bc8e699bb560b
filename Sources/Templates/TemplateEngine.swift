// A set of templates and functions that renders text: Go's text/template with sprig's functions, bounded.

package struct TemplateEngine {
    private let limits: TemplateLimits
    private var functions: [String: TemplateFunction]
    private var templates: [String: TemplateDefinition] = [:]

    /// Text that `printf_debug` and its kin print; nil drops it.
    package var debug: ((String) -> Void)?

    package init(limits: TemplateLimits = TemplateLimits()) {
        self.limits = limits
        functions = BuiltinFunctions.all
    }

    /// Adds a function, or replaces one. Must precede the templates that use it.
    package mutating func define(
        _ name: String, arguments: ClosedRange<Int>,
        _ body: @escaping (TemplateCall) throws(FunctionFailure) -> TemplateValue
    ) {
        functions[name] = TemplateFunction(arguments: arguments, body: body)
    }

    /// Parses a text as the template `name`, and with it the templates that it defines.
    /// - Parameter file: how errors call the text; the name when nil.
    package mutating func add(_ text: String, as name: String, file: String? = nil) throws(TemplateError) {
        let source = TemplateSource(file: file ?? name, text: text)
        try Self.add(source, as: name, to: &templates, functions: functions, limits: limits)
    }

    /// Renders a template. Maps that functions hand out of `data` are emptied when it is done: give it data of its own.
    package func render(_ name: String, _ data: TemplateValue) throws(TemplateError) -> String {
        let evaluator = TemplateEvaluator(functions: functions, templates: templates, limits: limits, debug: debug)
        defer { evaluator.heap.clear() }
        return try evaluator.render(name, data)
    }

    static func add(
        _ source: TemplateSource, as name: String, to templates: inout [String: TemplateDefinition],
        functions: [String: TemplateFunction], limits: TemplateLimits
    ) throws(TemplateError) {
        var parser = try TemplateParser(source, limits: limits) { word in
            guard functions[word] == nil, !TemplateEvaluator.specialFunctions.contains(word) else { return nil }
            let known = Array(functions.keys) + TemplateEvaluator.specialFunctions
            let near = nearestName(to: word, among: known.sorted()).map { " Did you mean `\($0)`?" } ?? ""
            return "the function `\(word)` is not known to this version.\(near)"
        }
        let main = try parser.parse()
        for (name, definition) in parser.definitions where templates[name] == nil || !definition.isBlank {
            templates[name] = definition
        }
        if templates[name] == nil || !main.isBlank { templates[name] = main }
    }
}
