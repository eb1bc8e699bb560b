// The tree of a regular expression, and its program.

indirect enum RegularExpressionNode {
    case empty
    case scalar(ScalarClass)
    case assertion(RegularExpression.Assertion)
    case sequence([RegularExpressionNode])
    case alternatives([RegularExpressionNode])
    case group(RegularExpressionNode, Int)
    case repetition(RegularExpressionNode, minimum: Int, maximum: Int?, greedy: Bool)
}

struct RegularExpressionCompiler {
    /// Instructions of one expression, repetitions written out.
    static let maximumInstructions = 10_000

    private(set) var program: [RegularExpression.Instruction] = []

    mutating func compile(_ tree: RegularExpressionNode) throws(RegularExpressionError) {
        try add(.group(tree, 0))
        try emit(.match)
    }

    private mutating func add(_ node: RegularExpressionNode) throws(RegularExpressionError) {
        switch node {
        case .empty: break
        case .scalar(let wanted): try emit(.scalar(wanted))
        case .assertion(let assertion): try emit(.assert(assertion))
        case .sequence(let nodes): for node in nodes { try add(node) }
        case .group(let node, let number):
            try emit(.save(2 * number))
            try add(node)
            try emit(.save(2 * number + 1))
        case .alternatives(let nodes): try addAlternatives(nodes)
        case .repetition(let node, let minimum, let maximum, let greedy):
            try addRepetition(node, minimum, maximum, greedy)
        }
    }

    private mutating func addAlternatives(_ nodes: [RegularExpressionNode]) throws(RegularExpressionError) {
        var ends: [Int] = []
        for (index, node) in nodes.enumerated() {
            guard index < nodes.count - 1 else {
                try add(node)
                break
            }
            let split = try emit(.split(0, 0))
            try add(node)
            ends.append(try emit(.jump(0)))
            program[split] = .split(split + 1, program.count)
        }
        for end in ends { program[end] = .jump(program.count) }
    }

    private mutating func addRepetition(
        _ node: RegularExpressionNode, _ minimum: Int, _ maximum: Int?, _ greedy: Bool
    ) throws(RegularExpressionError) {
        for _ in 0..<minimum { try add(node) }
        if let maximum {
            var splits: [Int] = []
            for _ in minimum..<max(maximum, minimum) {
                splits.append(try emit(.split(0, 0)))
                try add(node)
            }
            for split in splits { program[split] = choice(split + 1, program.count, greedy) }
        } else {
            let split = try emit(.split(0, 0))
            try add(node)
            try emit(.jump(split))
            program[split] = choice(split + 1, program.count, greedy)
        }
    }

    private func choice(_ body: Int, _ after: Int, _ greedy: Bool) -> RegularExpression.Instruction {
        greedy ? .split(body, after) : .split(after, body)
    }

    @discardableResult
    private mutating func emit(_ instruction: RegularExpression.Instruction) throws(RegularExpressionError) -> Int {
        guard program.count < Self.maximumInstructions else {
            throw RegularExpressionError(description: "the expression is too large.")
        }
        program.append(instruction)
        return program.count - 1
    }
}
