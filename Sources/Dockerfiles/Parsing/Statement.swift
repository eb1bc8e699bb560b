// One instruction before it has a type: keyword, flags, arguments as its kind cuts them, here-documents.

struct Statement {
    /// As written; its case is the author's.
    let keyword: Word
    let flags: [Word]
    let arguments: Arguments
    var heredocs: [Heredoc] = []
    /// The logical line, or for the inner statement of ONBUILD what follows that keyword; not trimmed.
    let original: String

    var kind: Keyword? { Keyword(rawValue: keyword.text.lowercased()) }

    indirect enum Arguments {
        case words([Word], isJSON: Bool)
        case pairs([KeyValuePair])
        case nested(Statement)
    }

    var words: [Word] {
        guard case .words(let words, _) = arguments else { return [] }
        return words
    }

    var isJSON: Bool {
        guard case .words(_, let isJSON) = arguments else { return false }
        return isJSON
    }

    /// Only RUN, COPY and ADD take documents, and only outside the exec form; ONBUILD takes those of its inner one.
    var takesHeredocs: Bool {
        if case .nested(let inner) = arguments { return inner.kind != .onbuild && inner.takesHeredocs }
        return [.run, .copy, .add].contains(kind) && !isJSON
    }
}

package enum Keyword: String, Sendable, CaseIterable {
    case add, arg, cmd, copy, entrypoint, env, expose, from, healthcheck, label, maintainer, onbuild, run, shell
    case stopsignal, user, volume, workdir

    package var upperCased: String { rawValue.uppercased() }
}

extension Statement {
    /// Cuts `line`, a slice of the logical line.
    init(_ line: ArraySlice<UInt8>, escape: EscapeToken) throws(Fault) {
        let trimmed = line.trimmingSpace()
        let (head, tail) = Words.head(trimmed) ?? (trimmed, trimmed[trimmed.endIndex...])
        let (flags, rest) = Words.flags(tail, escape: escape)
        keyword = Word(text: head.text, offset: head.startIndex)
        self.flags = flags
        original = line.text
        let kind = Keyword(rawValue: head.text.lowercased())
        arguments =
            kind == .onbuild
            ? try Self.nested(line[rest.startIndex...], escape)
            : try Self.arguments(of: kind, rest.trimmingSpace(), escape)
    }

    private static func arguments(
        of kind: Keyword?, _ rest: ArraySlice<UInt8>, _ escape: EscapeToken
    ) throws(Fault) -> Arguments {
        switch kind {
        case .add, .copy, .volume:
            return try exec(rest) ?? .words(Words.byBlanks(rest), isJSON: false)
        case .cmd, .entrypoint, .run, .shell:
            return try exec(rest) ?? whole(rest)
        case .healthcheck: return try healthcheck(rest)
        case .arg: return .words(Words.quoted(rest, escape: escape), isJSON: false)
        case .env, .label: return .pairs(try pairs(rest, kind?.upperCased ?? "", escape))
        case .expose, .from: return .words(Words.byBlanks(rest), isJSON: false)
        case .maintainer, .stopsignal, .user, .workdir: return whole(rest)
        case .onbuild, nil: return .words([], isJSON: false)
        }
    }

    private static func whole(_ rest: ArraySlice<UInt8>) -> Arguments {
        .words(rest.isEmpty ? [] : [Word(text: rest.text, offset: rest.startIndex)], isJSON: false)
    }

    private static func exec(_ rest: ArraySlice<UInt8>) throws(Fault) -> Arguments? {
        switch ExecForm(rest) {
        case .strings(let strings):
            return .words(strings.map { Word(text: $0, offset: rest.startIndex) }, isJSON: true)
        case .otherElements:
            throw Fault("when using JSON array syntax, arrays must be comprised of strings only", at: rest.startIndex)
        case .notAnArray: return nil
        }
    }

    private static func healthcheck(_ rest: ArraySlice<UInt8>) throws(Fault) -> Arguments {
        guard let (head, tail) = Words.head(rest) else { return whole(rest) }
        let type = Word(text: head.text, offset: head.startIndex)
        let command = tail.isEmpty ? nil : try exec(tail) ?? whole(tail)
        guard case .words(let words, let isJSON) = command else { return .words([type], isJSON: false) }
        return .words([type] + words, isJSON: isJSON)
    }

    /// `ENV key=value ...`, or the older `ENV key all the rest`; the first word decides.
    private static func pairs(
        _ rest: ArraySlice<UInt8>, _ name: String, _ escape: EscapeToken
    ) throws(Fault) -> [KeyValuePair] {
        let words = Words.quoted(rest, escape: escape)
        guard let first = words.first else { return [] }
        guard first.text.utf8.contains(UInt8(ascii: "=")) else {
            guard let (key, value) = Words.head(rest) else {
                throw Fault("\(name) must have two arguments", at: first.offset, hint: "write \(name) name=value")
            }
            return [KeyValuePair(key: key.text, value: value.text, isLegacy: true)]
        }
        var pairs: [KeyValuePair] = []
        for word in words {
            guard let (key, value) = splitAtEquals(word.text) else {
                let message = "can't find = in \(quoted(word.text)): it must be of the form name=value"
                throw Fault(message, at: word.offset)
            }
            guard !key.isEmpty else { throw Fault("\(name) names can not be blank", at: word.offset) }
            pairs.append(KeyValuePair(key: key, value: value, isLegacy: false))
        }
        return pairs
    }

    /// Chains of ONBUILD are not followed: they are an error anyway, and would be recursion on user input. Blanks at the
    /// end stay: they are part of what the image's config keeps.
    private static func nested(_ rest: ArraySlice<UInt8>, _ escape: EscapeToken) throws(Fault) -> Arguments {
        let trimmed = rest.trimmingSpace()
        guard !trimmed.isEmpty else { return .words([], isJSON: false) }
        let head = Words.head(trimmed)?.head ?? trimmed
        guard head.text.lowercased() != Keyword.onbuild.rawValue else {
            throw Fault("chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", at: head.startIndex)
        }
        return .nested(try Statement(rest, escape: escape))
    }
}

/// `a=b=c` -> `a`, `b=c`; nil without `=`.
func splitAtEquals(_ text: String) -> (key: String, value: String)? {
    guard let index = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
    return (String(text[..<index]), String(text[text.utf8.index(after: index)...]))
}
