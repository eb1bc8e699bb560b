// A pattern for one part of a path, in the syntax of the doublestar library: what werf's walk through directories uses.

struct PartPattern: Sendable, Equatable {
    /// `**` may stand for any number of parts, so the walk never gets past it.
    let spansParts: Bool
    private let program: PathProgram

    /// Never fails: werf crashes on a malformed part, here it is literal text.
    init(_ text: String) {
        spansParts = Array(text.utf8)[...].containsDoubled(UInt8(ascii: "*"))
        let compiled = try? Self.nodes(text)
        program = PathProgram(compiled ?? text.unicodeScalars.map { .scalar($0) })
    }

    func matches(_ part: ArraySlice<Unicode.Scalar>) -> Bool { program.matches(part) }

    /// `{a,b}` is an alternative, and may stand inside another one.
    private static func nodes(_ text: String) throws(GlobError) -> [PathProgram.Node] {
        var reader = try GlobReader(text)
        var nodes: [PathProgram.Node] = []
        var open: [Alternatives] = []
        while let scalar = reader.take() {
            switch scalar {
            case "*": if nodes.last != .loopButSlash { nodes.append(.loopButSlash) }
            case "?": nodes.append(.anyButSlash)
            case "[": nodes.append(.oneOf(try reader.bracket(negations: "^!".unicodeScalars)))
            case "\\": nodes.append(.scalar(try reader.escaped()))
            case "{":
                open.append(Alternatives(fork: nodes.count))
                nodes.append(.fork([]))
            case "," where !open.isEmpty:
                open[open.count - 1].jumps.append(nodes.count)
                open[open.count - 1].starts.append(nodes.count + 1)
                nodes.append(.jump(0))
            case "}" where !open.isEmpty:
                let done = open.removeLast()
                nodes[done.fork] = .fork(done.starts)
                for jump in done.jumps { nodes[jump] = .jump(nodes.count) }
                // Keeps a following `*` from being merged with one inside.
                nodes.append(.jump(nodes.count + 1))
            default: nodes.append(.scalar(scalar))
            }
        }
        guard open.isEmpty else { throw reader.failure("a brace is not closed") }
        return nodes
    }

    private struct Alternatives {
        let fork: Int
        var starts: [Int] = []
        var jumps: [Int] = []
    }
}
