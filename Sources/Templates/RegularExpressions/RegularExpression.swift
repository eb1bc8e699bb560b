// Regular expressions in RE2's syntax and meaning: leftmost-first, in time linear in the text (Pike's machine).

package struct RegularExpressionError: Error, Sendable, CustomStringConvertible {
    package let description: String
}

package struct RegularExpression: Sendable {
    enum Instruction: Sendable {
        case scalar(ScalarClass)
        /// The first way is preferred.
        case split(Int, Int)
        case jump(Int)
        case save(Int)
        case assert(Assertion)
        case match
    }

    enum Assertion: Sendable {
        case textStart
        case textEnd
        case lineStart
        case lineEnd
        case wordBoundary
        case noWordBoundary
    }

    let program: [Instruction]
    /// Two positions for each group, the whole match first.
    let slots: Int
    let groupNames: [String: Int]

    package init(_ pattern: String) throws(RegularExpressionError) {
        var compiler = RegularExpressionCompiler()
        var parser = RegularExpressionParser(pattern)
        let tree = try parser.parse()
        try compiler.compile(tree)
        program = compiler.program
        slots = 2 * (parser.groups + 1)
        groupNames = parser.groupNames
    }

    /// Anywhere in the text.
    package func hasMatch(in text: String) -> Bool {
        firstMatch(in: Array(text.unicodeScalars), from: 0) != nil
    }

    func firstMatch(in text: [Unicode.Scalar], from start: Int) -> [Int?]? {
        search(in: text, from: start).match
    }

    /// Positions of the groups in the leftmost match at or after `start` (nil for groups that took no part), and how
    /// many scalars were looked at.
    private func search(in text: [Unicode.Scalar], from start: Int) -> (match: [Int?]?, scanned: Int) {
        var current = ThreadList(program.count)
        var next = ThreadList(program.count)
        var best: [Int?]?
        var position = start
        while position <= text.count {
            if best == nil {
                add(0, Array(repeating: nil, count: slots), at: position, in: text, to: &current)
            }
            if current.threads.isEmpty { break }
            let scalar = position < text.count ? text[position] : nil
            for thread in current.threads {
                if case .match = program[thread.instruction] {
                    best = thread.slots
                    break
                }
                if case .scalar(let wanted) = program[thread.instruction], let scalar, wanted.contains(scalar) {
                    add(thread.instruction + 1, thread.slots, at: position + 1, in: text, to: &next)
                }
            }
            current.clear()
            swap(&current, &next)
            position += 1
        }
        return (best, position - start + 1)
    }

    private struct Thread {
        let instruction: Int
        let slots: [Int?]
    }

    /// In the order of preference; each instruction once.
    private struct ThreadList {
        var threads: [Thread] = []
        var seen: [Bool]

        init(_ count: Int) {
            seen = Array(repeating: false, count: count)
        }

        mutating func clear() {
            threads.removeAll(keepingCapacity: true)
            for index in seen.indices { seen[index] = false }
        }
    }

    /// Follows jumps from an instruction, without recursion, to those that eat a scalar or end the match.
    private func add(
        _ first: Int, _ slots: [Int?], at position: Int, in text: [Unicode.Scalar], to list: inout ThreadList
    ) {
        var pending = [(first, slots)]
        while let (instruction, slots) = pending.popLast() {
            guard !list.seen[instruction] else { continue }
            list.seen[instruction] = true
            switch program[instruction] {
            case .jump(let target): pending.append((target, slots))
            case .split(let preferred, let other):
                pending.append((other, slots))
                pending.append((preferred, slots))
            case .save(let slot):
                var saved = slots
                saved[slot] = position
                pending.append((instruction + 1, saved))
            case .assert(let assertion):
                if holds(assertion, at: position, in: text) { pending.append((instruction + 1, slots)) }
            case .scalar, .match: list.threads.append(Thread(instruction: instruction, slots: slots))
            }
        }
    }

    private func holds(_ assertion: Assertion, at position: Int, in text: [Unicode.Scalar]) -> Bool {
        let before = position > 0 ? text[position - 1] : nil
        let after = position < text.count ? text[position] : nil
        func isWord(_ scalar: Unicode.Scalar?) -> Bool { scalar.map(ScalarClass.word.contains) ?? false }
        return switch assertion {
        case .textStart: before == nil
        case .textEnd: after == nil
        case .lineStart: before == nil || before == "\n"
        case .lineEnd: after == nil || after == "\n"
        case .wordBoundary: isWord(before) != isWord(after)
        case .noWordBoundary: isWord(before) == isWord(after)
        }
    }
}

extension RegularExpression {
    /// All matches that don't overlap, at most `limit`; an empty match right after another is left out, as in Go.
    /// Each search is linear, all of them together need not be: `charge` is told the scalars of each and may stop it.
    func matches(
        in text: [Unicode.Scalar], limit: Int = .max, charge: (Int) throws(FunctionFailure) -> Void
    ) throws(FunctionFailure) -> [[Int?]] {
        var found: [[Int?]] = []
        var position = 0
        var lastEnd = -1
        while position <= text.count, found.count < limit {
            let search = search(in: text, from: position)
            try charge(search.scanned)
            guard let match = search.match, let start = match[0], let end = match[1] else { break }
            if end > start || start != lastEnd { found.append(match) }
            lastEnd = end
            position = end > start ? end : end + 1
        }
        return found
    }
}
