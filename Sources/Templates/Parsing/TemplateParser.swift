// Tokens → tree, by the grammar of Go's text/template. Functions must be known before: an unknown one is an error here.

struct TemplateParser {
    let source: TemplateSource
    let limits: TemplateLimits
    /// nil when the function exists, otherwise what to say about its name.
    let checkFunction: (String) -> String?

    let tokens: [TemplateToken]
    var index = 0
    var nesting = 0
    private var loops = 0
    var variables = [""]
    private(set) var definitions: [(name: String, definition: TemplateDefinition)] = []

    init(
        _ source: TemplateSource, limits: TemplateLimits, checkFunction: @escaping (String) -> String?
    ) throws(TemplateError) {
        guard source.bytes.count <= limits.templateBytes else {
            throw source.error(0, "a template can't be longer than \(limits.templateBytes) bytes.")
        }
        self.source = source
        self.limits = limits
        self.checkFunction = checkFunction
        tokens = try TemplateLexer.tokens(of: source)
    }

    /// The main template of the text; `definitions` holds what it defines beside.
    mutating func parse() throws(TemplateError) -> TemplateDefinition {
        let (nodes, end) = try parseList()
        guard case .end = end else { throw unexpected(end, in: "the template") }
        return TemplateDefinition(nodes: nodes, source: source)
    }

    // MARK: Lists and blocks

    /// What ended a list of nodes.
    private enum ListEnd {
        case end
        case endAction(Int)
        /// `else`, with the word behind it.
        case otherwise(Int, String?)
    }

    private mutating func parseList() throws(TemplateError) -> (nodes: [TemplateNode], end: ListEnd) {
        var nodes: [TemplateNode] = []
        while true {
            let token = take()
            switch token.kind {
            case .text(let text): nodes.append(TemplateNode(kind: .text(text), offset: token.offset))
            case .end: return (nodes, .end)
            default:
                skipSpace()
                let first = peek
                if case .word(let word) = first.kind {
                    if word == "end" {
                        _ = take()
                        try finishAction()
                        return (nodes, .endAction(first.offset))
                    }
                    if word == "else" {
                        _ = take()
                        return (nodes, .otherwise(first.offset, try wordAfterElse()))
                    }
                }
                if let node = try parseAction(token.offset) { nodes.append(node) }
            }
        }
    }

    private mutating func wordAfterElse() throws(TemplateError) -> String? {
        skipSpace()
        if case .word(let word) = peek.kind, word == "if" || word == "with" {
            _ = take()
            return word
        }
        try finishAction()
        return nil
    }

    private mutating func parseAction(_ start: Int) throws(TemplateError) -> TemplateNode? {
        if case .word(let word) = peek.kind {
            let keyword = peek.offset
            switch word {
            case "if", "with", "range", "block", "define", "template", "break", "continue":
                _ = take()
                return try parseKeyword(word, keyword)
            default: break
            }
        }
        let pipeline = try parsePipeline(endsWith: .actionEnd, allowsRange: false)
        return TemplateNode(kind: .action(pipeline), offset: pipeline.offset)
    }

    private mutating func parseKeyword(_ word: String, _ start: Int) throws(TemplateError) -> TemplateNode? {
        switch word {
        case "if": return try parseBranch(.condition, start)
        case "with": return try parseBranch(.with, start)
        case "range": return try parseBranch(.range, start)
        case "define":
            _ = try parseDefinition(start)
            return nil
        case "block":
            let (name, argument) = try parseDefinition(start, isBlock: true)
            return TemplateNode(kind: .call(name: name, argument: argument), offset: start)
        case "template":
            let (name, argument) = try parseNameAndArgument("template", argumentRequired: false)
            return TemplateNode(kind: .call(name: name, argument: argument), offset: start)
        default:
            try finishAction()
            guard loops > 0 else { throw source.error(start, "`\(word)` outside `range`.") }
            return TemplateNode(kind: word == "break" ? .leave : .next, offset: start)
        }
    }

    private mutating func parseBranch(_ kind: TemplateBranch.Kind, _ start: Int) throws(TemplateError) -> TemplateNode {
        try nest(start)
        defer { nesting -= 1 }
        let scope = variables.count
        defer { variables.removeSubrange(scope...) }
        var arms: [(TemplatePipeline, [TemplateNode])] = []
        while true {
            let pipeline = try parsePipeline(endsWith: .actionEnd, allowsRange: kind == .range)
            loops += kind == .range ? 1 : 0
            let (body, end) = try parseScopedList()
            loops -= kind == .range ? 1 : 0
            arms.append((pipeline, body))
            switch end {
            case .end: throw source.error(start, "`\(kind.keyword)` has no `end`.")
            case .endAction: return branch(kind, arms, [], start)
            case .otherwise(let offset, .some(let word)):
                guard word == kind.keyword else {
                    throw source.error(offset, "`else \(word)` does not go with `\(kind.keyword)`.")
                }
            case .otherwise(_, nil):
                let (otherwise, last) = try parseScopedList()
                guard case .endAction = last else { throw unexpected(last, in: "`else`") }
                return branch(kind, arms, otherwise, start)
            }
        }
    }

    private func branch(
        _ kind: TemplateBranch.Kind, _ arms: [(TemplatePipeline, [TemplateNode])], _ otherwise: [TemplateNode],
        _ start: Int
    ) -> TemplateNode {
        TemplateNode(kind: .branch(TemplateBranch(kind: kind, arms: arms, otherwise: otherwise)), offset: start)
    }

    private mutating func parseScopedList() throws(TemplateError) -> (nodes: [TemplateNode], end: ListEnd) {
        let scope = variables.count
        defer { variables.removeSubrange(scope...) }
        return try parseList()
    }

    private mutating func parseDefinition(
        _ start: Int, isBlock: Bool = false
    ) throws(TemplateError) -> (name: String, argument: TemplatePipeline?) {
        let keyword = isBlock ? "block" : "define"
        guard isBlock || nesting == 0 else { throw source.error(start, "`define` inside another action.") }
        let (name, argument) = try parseNameAndArgument(keyword, argumentRequired: isBlock)
        guard isBlock || argument == nil else { throw source.error(start, "`define` takes a name only.") }
        try nest(start)
        defer { nesting -= 1 }
        let outer = (variables, loops)
        (variables, loops) = ([""], 0)
        defer { (variables, loops) = outer }
        let (nodes, end) = try parseList()
        guard case .endAction = end else { throw unexpected(end, in: "`\(keyword)`") }
        definitions.append((name, TemplateDefinition(nodes: nodes, source: source)))
        return (name, argument)
    }

    private mutating func parseNameAndArgument(
        _ keyword: String, argumentRequired: Bool
    ) throws(TemplateError) -> (String, TemplatePipeline?) {
        skipSpace()
        let token = take()
        guard case .string(let name) = token.kind else {
            throw source.error(token.offset, "`\(keyword)` needs a quoted name, not \(token.described).")
        }
        skipSpace()
        if !argumentRequired, case .actionEnd = peek.kind {
            _ = take()
            return (name, nil)
        }
        return (name, try parsePipeline(endsWith: .actionEnd, allowsRange: false))
    }

    // MARK: Tokens

    var peek: TemplateToken { tokens[index] }

    /// The last token is `.end`, and is never passed.
    mutating func take() -> TemplateToken {
        let token = tokens[index]
        if index < tokens.count - 1 { index += 1 }
        return token
    }

    mutating func skipSpace() {
        while case .space = peek.kind { _ = take() }
    }

    private mutating func finishAction() throws(TemplateError) {
        skipSpace()
        let token = take()
        guard case .actionEnd = token.kind else {
            throw source.error(token.offset, "unexpected \(token.described): the action should end here.")
        }
    }

    func checkVariable(_ name: String, _ offset: Int) throws(TemplateError) {
        guard variables.contains(name) else { throw source.error(offset, "the variable $\(name) is not defined.") }
    }

    mutating func nest(_ offset: Int) throws(TemplateError) {
        nesting += 1
        guard nesting <= limits.nesting else {
            throw source.error(offset, "actions are nested deeper than \(limits.nesting) levels.")
        }
    }

    private func unexpected(_ end: ListEnd, in place: String) -> TemplateError {
        switch end {
        case .end: source.error(source.bytes.count, "\(place) has no `end`.")
        case .endAction(let offset): source.error(offset, "`end` without a beginning, in \(place).")
        case .otherwise(let offset, _): source.error(offset, "`else` is not expected in \(place).")
        }
    }
}

extension TemplateBranch.Kind {
    var keyword: String {
        switch self {
        case .condition: "if"
        case .with: "with"
        case .range: "range"
        }
    }
}
