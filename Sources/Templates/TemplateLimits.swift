// How much a template may do before it is stopped: templates are programs, and may be wrong or hostile.

package struct TemplateLimits: Sendable {
    /// Bytes of one template's text.
    package var templateBytes = 4 << 20
    /// Bytes of the rendered text, and of any string on the way.
    package var outputBytes = 16 << 20
    /// Bytes of all strings made on the way together.
    package var workBytes = 512 << 20
    /// Nodes, operands and elements of collections handled.
    package var steps = 2_000_000
    /// `include`, `tpl` and `template` inside one another.
    package var callDepth = 100
    /// Blocks, parentheses and calls inside one another while executing: bounds the stack.
    package var evaluationDepth = 400
    /// Blocks and parentheses inside one another in the text.
    package var nesting = 100
    /// Levels of lists and maps that are printed, compared or copied.
    package var valueDepth = 100

    package init() {}
}

/// What is left of the limits during one render.
final class TemplateBudget {
    let limits: TemplateLimits
    private var stepsLeft: Int
    private var bytesLeft: Int

    init(_ limits: TemplateLimits) {
        self.limits = limits
        stepsLeft = limits.steps
        bytesLeft = limits.workBytes
    }

    func spend(steps: Int) throws(FunctionFailure) {
        guard steps <= stepsLeft else { throw FunctionFailure("the template takes more than \(limits.steps) steps.") }
        stepsLeft -= steps
    }

    /// To be called before a string of that many bytes is made.
    func spend(bytes: Int) throws(FunctionFailure) {
        guard bytes <= limits.outputBytes else {
            throw FunctionFailure("a text of more than \(limits.outputBytes) bytes comes about.")
        }
        guard bytes <= bytesLeft else {
            throw FunctionFailure("the template makes more than \(limits.workBytes) bytes of text.")
        }
        bytesLeft -= bytes
    }
}
