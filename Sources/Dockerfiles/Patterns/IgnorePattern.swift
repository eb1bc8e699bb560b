// One pattern of an ignore file, with the meaning of moby's patternmatcher.

struct IgnorePattern: Sendable, Equatable {
    /// Cleaned, without `!`.
    let text: String
    /// `!`: what matches is not ignored after all.
    let isException: Bool
    /// The patterns of the single path parts, for the walk through directories.
    let parts: [PartPattern]
    private let form: Form
    /// What it matches is no single path with all below it.
    var isGlob: Bool { if case .exact = form { false } else { true } }

    /// Most patterns need no automaton. These shortcuts are also moby's, and their results differ from the general
    /// rule in places: `dir/**` doesn't match `dir`, `**name` matches `othername`.
    private enum Form: Sendable, Equatable {
        case exact([Unicode.Scalar])
        case prefix([Unicode.Scalar])
        /// `**` and a literal; behind `**/` also the literal alone.
        case suffix([Unicode.Scalar])
        case program(PathProgram)
    }

    init(_ text: String, isException: Bool) throws(GlobError) {
        self.text = text
        self.isException = isException
        // Everything that Go's matcher would refuse is refused, whatever the form.
        _ = try GoGlob(text)
        form = try Self.form(text)
        parts = text.utf8.split(separator: UInt8(ascii: "/")).map { PartPattern(String(Substring($0))) }
    }

    /// Whether the path itself matches; parents are the caller's matter.
    func matches(_ path: ArraySlice<Unicode.Scalar>) -> Bool {
        switch form {
        case .exact(let literal): path.elementsEqual(literal)
        case .prefix(let literal): path.starts(with: literal)
        case .suffix(let literal): Self.hasSuffix(path, literal)
        case .program(let program): program.matches(path)
        }
    }

    func matchesPathOrParent(_ path: ArraySlice<Unicode.Scalar>) -> Bool {
        switch form {
        case .exact(let literal):
            return path.starts(with: literal)
                && (path.count == literal.count || path[path.startIndex + literal.count] == "/")
        case .prefix(let literal): return path.starts(with: literal)
        case .suffix(let literal):
            if Self.hasSuffix(path, literal) { return true }
            return path.indices.contains { path[$0] == "/" && Self.hasSuffix(path[..<$0], literal) }
        case .program(let program): return program.matchesPathOrParent(path)
        }
    }

    private static func hasSuffix(_ path: ArraySlice<Unicode.Scalar>, _ literal: [Unicode.Scalar]) -> Bool {
        if path.suffix(literal.count).elementsEqual(literal) { return true }
        return literal.first == "/" && path.elementsEqual(literal.dropFirst())
    }

    /// Walks over the pattern once, building the automaton and noticing whether a shortcut will do.
    private static func form(_ text: String) throws(GlobError) -> Form {
        var reader = try GlobReader(text)
        var nodes: [PathProgram.Node] = []
        var literal: [Unicode.Scalar] = []
        var isPlain = true
        var leadingStars = false
        while let scalar = reader.take() {
            let isFirst = nodes.isEmpty && literal.isEmpty
            switch scalar {
            case "*" where reader.skip("*"):
                // `**/` is read as `**`: it matches any number of directories, none included.
                let hadSlash = reader.skip("/")
                if reader.peek() == nil {
                    if isPlain, !isFirst, !leadingStars { return .prefix(literal) }
                    nodes.append(.loop)
                } else {
                    nodes += [.fork([nodes.count + 3]), .loop, .scalar("/")]
                }
                if isFirst {
                    leadingStars = true
                    if hadSlash { literal.append("/") }
                } else {
                    isPlain = false
                }
                continue
            case "*": nodes.append(.loopButSlash)
            case "?": nodes.append(.anyButSlash)
            case "[":
                nodes.append(.oneOf(try reader.bracket(negations: "^".unicodeScalars)))
            case "\\": nodes.append(.scalar(try reader.escaped()))
            default:
                nodes.append(.scalar(scalar))
                literal.append(scalar)
                if scalar != "]" { continue }
            }
            isPlain = false
        }
        guard isPlain else { return .program(PathProgram(nodes)) }
        return leadingStars ? .suffix(literal) : .exact(literal)
    }
}
