// One pass over one text: characters, quotes and escapes. Variables are in ShellLexer+Variables.

struct ShellLexer {
    let rules: Expander
    let environment: [String: String]
    private let source: String
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var nesting = 0
    /// What pattern matching may still cost.
    var stepsLeft = DockerfileLimits.expansionStepsMax
    private(set) var used: Set<String> = []
    private(set) var missing: Set<String> = []

    init(_ text: String, rules: Expander, _ environment: [String: String]) {
        source = text
        scalars = Array(text.unicodeScalars)
        self.rules = rules
        self.environment = environment
    }

    mutating func expansion() throws(ExpansionError) -> Expansion {
        let (text, words) = try run(until: nil, keepsEscapes: rules.keepsEscapes)
        return Expansion(text: text, words: words, used: used, missing: missing)
    }

    func failure(_ reason: String) -> ExpansionError { ExpansionError(text: source, reason: reason) }

    func peek() -> Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    mutating func take() -> Unicode.Scalar? {
        guard index < scalars.count else { return nil }
        defer { index += 1 }
        return scalars[index]
    }

    mutating func value(of name: String) -> String? {
        guard let value = environment[name] else {
            missing.insert(name)
            return nil
        }
        used.insert(name)
        return value
    }

    /// The operand of `${name:-operand}` and its like. A nested operand of any kind is bounded here.
    mutating func operand(
        until stop: Unicode.Scalar, keepsEscapes: Bool, missing reason: String
    ) throws(ExpansionError) -> String {
        guard nesting < DockerfileLimits.expansionNestingMax else {
            throw failure("substitutions are nested more than \(DockerfileLimits.expansionNestingMax) levels deep")
        }
        nesting += 1
        defer { nesting -= 1 }
        do {
            return try run(until: stop, keepsEscapes: keepsEscapes).text
        } catch {
            throw peek() == nil ? failure(reason) : error
        }
    }

    private mutating func run(
        until stop: Unicode.Scalar?, keepsEscapes: Bool
    ) throws(ExpansionError) -> (text: String, words: [String]) {
        var output = WordSplitter()
        while let scalar = peek() {
            if scalar == stop {
                index += 1
                return output.finish()
            }
            try step(scalar, keepsEscapes, &output)
            guard output.bytes <= DockerfileLimits.expansionBytesMax else {
                throw failure("the result has more than \(DockerfileLimits.expansionBytesMax >> 20) MiB")
            }
        }
        if stop != nil { throw failure("missing '}'") }
        return output.finish()
    }

    private mutating func step(
        _ scalar: Unicode.Scalar, _ keepsEscapes: Bool, _ output: inout WordSplitter
    ) throws(ExpansionError) {
        switch scalar {
        case "$": output.appendSplitting(try variable())
        case "'" where rules.quotes != .ignore: output.appendWhole(try singleQuoted())
        case "\"" where rules.quotes != .ignore: output.appendWhole(try doubleQuoted(keepsEscapes))
        case "<": output.appendWhole(heredocMarker())
        case rules.escape.scalar:
            index += 1
            if keepsEscapes { output.appendWhole(String(scalar)) }
            if let next = take() { output.appendWhole(String(next)) }
        default:
            index += 1
            output.appendSplitting(scalar)
        }
    }

    /// Everything up to the next single quote, untouched.
    private mutating func singleQuoted() throws(ExpansionError) -> String {
        var result = String.UnicodeScalarView()
        index += 1
        while let scalar = take() {
            guard scalar == "'" else {
                result.append(scalar)
                continue
            }
            return rules.quotes == .keep ? "'" + String(result) + "'" : String(result)
        }
        throw failure("unexpected end while looking for the matching single quote")
    }

    /// Variables count; the escape character only counts before a quote, a dollar sign and itself.
    private mutating func doubleQuoted(_ keepsEscapes: Bool) throws(ExpansionError) -> String {
        var result = String.UnicodeScalarView()
        index += 1
        while let scalar = peek() {
            if scalar == "$" {
                result.append(contentsOf: try variable().unicodeScalars)
                continue
            }
            index += 1
            if scalar == "\"" { return rules.quotes == .keep ? "\"" + String(result) + "\"" : String(result) }
            guard scalar == rules.escape.scalar else {
                result.append(scalar)
                continue
            }
            if keepsEscapes { result.append(scalar) }
            guard let next = peek() else { break }
            if next == "\"" || next == "$" || next == rules.escape.scalar {
                index += 1
                result.append(next)
            } else {
                result.append(scalar)
            }
        }
        throw failure("unexpected end while looking for the matching double quote")
    }

    /// `<<` keeps the blanks behind it in the same word, so that `<< EOF` stays one.
    private mutating func heredocMarker() -> String {
        index += 1
        guard peek() == "<" else { return "<" }
        index += 1
        var result = "<<"
        while let scalar = peek(), scalar == " " || scalar == "\t" || scalar == "\r" {
            index += 1
            result.unicodeScalars.append(scalar)
        }
        return result
    }
}

/// The output twice: as one text, and split into words.
private struct WordSplitter {
    private var text = String.UnicodeScalarView()
    private var words: [String] = []
    private var word = String.UnicodeScalarView()
    private(set) var bytes = 0

    mutating func appendSplitting(_ piece: String) {
        for scalar in piece.unicodeScalars { appendSplitting(scalar) }
    }

    mutating func appendSplitting(_ scalar: Unicode.Scalar) {
        add(scalar)
        if scalar.isSpace { endWord() } else { word.append(scalar) }
    }

    /// Blanks in `piece` don't end a word.
    mutating func appendWhole(_ piece: String) {
        for scalar in piece.unicodeScalars {
            add(scalar)
            word.append(scalar)
        }
    }

    mutating func finish() -> (String, [String]) {
        endWord()
        return (String(text), words)
    }

    private mutating func add(_ scalar: Unicode.Scalar) {
        bytes += UTF8.width(scalar)
        text.append(scalar)
    }

    private mutating func endWord() {
        guard !word.isEmpty else { return }
        words.append(String(word))
        word = String.UnicodeScalarView()
    }
}
