// The tree of a template: what the parser makes and the evaluator walks.

struct TemplateNode {
    indirect enum Kind {
        case text(String)
        case action(TemplatePipeline)
        case branch(TemplateBranch)
        case call(name: String, argument: TemplatePipeline?)
        case leave
        case next
    }

    let kind: Kind
    let offset: Int
}

/// `if`, `with` or `range`, with its `else` arms.
struct TemplateBranch {
    enum Kind {
        case condition
        case with
        case range
    }

    let kind: Kind
    /// One, and for `if` and `with` one more for each `else if` or `else with`.
    let arms: [(pipeline: TemplatePipeline, body: [TemplateNode])]
    let otherwise: [TemplateNode]
}

struct TemplatePipeline {
    /// Variables before `:=` or `=`; two at most, and only in `range`.
    var variables: [String] = []
    var assigns = false
    var commands: [TemplateCommand] = []
    let offset: Int
}

/// One stage of a pipeline: a function or value, and arguments.
struct TemplateCommand {
    let operands: [TemplateOperand]
}

struct TemplateOperand {
    indirect enum Base {
        case dot
        case variable(String)
        case constant(TemplateValue)
        case function(String)
        case pipeline(TemplatePipeline)
    }

    let base: Base
    /// Fields and methods after it: `.Files.Get`.
    let fields: [String]
    let offset: Int
}

/// A named template and the text it stands in.
struct TemplateDefinition {
    let nodes: [TemplateNode]
    let source: TemplateSource

    /// Blank templates don't replace others of their name.
    var isBlank: Bool {
        nodes.allSatisfy { node in
            if case .text(let text) = node.kind { return text.utf8.allSatisfy { $0 <= 0x20 } }
            return false
        }
    }
}
