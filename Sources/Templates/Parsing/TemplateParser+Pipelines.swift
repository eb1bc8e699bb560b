// What stands inside an action: pipelines of commands, commands of operands.

extension TemplateParser {
    mutating func parsePipeline(
        endsWith closing: TemplateToken.Kind, allowsRange: Bool
    ) throws(TemplateError) -> TemplatePipeline {
        skipSpace()
        var pipeline = TemplatePipeline(offset: peek.offset)
        try parseVariables(into: &pipeline, allowsRange: allowsRange)
        while true {
            let command = try parseCommand()
            if !pipeline.commands.isEmpty, case .constant = command.operands[0].base {
                throw source.error(
                    command.operands[0].offset, "a value can't take the result of a pipe: a function can.")
            }
            pipeline.commands.append(command)
            let token = take()
            if token.kind == closing { return pipeline }
            guard case .pipe = token.kind else {
                throw source.error(token.offset, "unexpected \(token.described) in a pipeline.")
            }
        }
    }

    private mutating func parseVariables(
        into pipeline: inout TemplatePipeline, allowsRange: Bool
    ) throws(TemplateError) {
        let start = index
        var names: [String] = []
        while case .variable(let name) = peek.kind, names.count < 2 {
            names.append(name)
            _ = take()
            skipSpace()
            guard case .comma = peek.kind, allowsRange, names.count == 1 else { break }
            _ = take()
            skipSpace()
        }
        switch peek.kind {
        case .declare where !names.isEmpty:
            // Visible after the pipeline; declaring early only lets `$x := $x` find the older one or itself, as in Go.
            variables += names
        case .assign where !names.isEmpty:
            pipeline.assigns = true
            for name in names { try checkVariable(name, pipeline.offset) }
        default:
            index = start
            return
        }
        _ = take()
        skipSpace()
        pipeline.variables = names
    }

    private mutating func parseCommand() throws(TemplateError) -> TemplateCommand {
        var operands: [TemplateOperand] = []
        skipSpace()
        while true {
            if let operand = try parseOperand() { operands.append(operand) }
            switch peek.kind {
            case .space: skipSpace()
            case .pipe, .close, .actionEnd:
                guard !operands.isEmpty else {
                    throw source.error(peek.offset, "a value is missing before \(peek.described).")
                }
                return TemplateCommand(operands: operands)
            default: throw source.error(peek.offset, "unexpected \(peek.described) in an operand.")
            }
        }
    }

    private mutating func parseOperand() throws(TemplateError) -> TemplateOperand? {
        let token = peek
        var fields: [String] = []
        let base: TemplateOperand.Base
        switch token.kind {
        case .dot: base = .dot
        case .field(let name):
            base = .dot
            fields.append(name)
        case .variable(let name):
            try checkVariable(name, token.offset)
            base = .variable(name)
        case .string(let text): base = .constant(.string(text))
        case .character(let value): base = .constant(.int(value))
        case .number(let text):
            guard let value = NumberLiteral.value(of: text) else {
                throw source.error(token.offset, "`\(text)` is no number, or too large.")
            }
            base = .constant(value)
        case .word(let word): base = try parseWord(word, token.offset)
        case .open:
            _ = take()
            try nest(token.offset)
            base = .pipeline(try parsePipeline(endsWith: .close, allowsRange: false))
            nesting -= 1
            index -= 1
        default: return nil
        }
        _ = take()
        while case .field(let name) = peek.kind {
            if case .constant = base { throw source.error(peek.offset, "a constant has no fields.") }
            fields.append(name)
            _ = take()
        }
        return TemplateOperand(base: base, fields: fields, offset: token.offset)
    }

    private func parseWord(_ word: String, _ offset: Int) throws(TemplateError) -> TemplateOperand.Base {
        switch word {
        case "true": return .constant(.bool(true))
        case "false": return .constant(.bool(false))
        case "nil": return .constant(.none)
        default:
            if let problem = checkFunction(word) { throw source.error(offset, problem) }
            return .function(word)
        }
    }
}
