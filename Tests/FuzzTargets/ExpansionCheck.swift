// Expansion of variables in words: bounded, the same each time, and honest about the variables that it asked for.
import Dockerfiles

private let environment = [
    "A": "1", "B": "a b  c", "E": "", "P": "/usr/local/bin:/bin", "Q": "\"'\\$A", "U": "äöü€😀e\u{301}", "_x9": "*?[a]",
]

/// All ways in which words are expanded.
private let expanders: [Expander] = {
    let escapes: [EscapeToken] = [.backslash, .backtick]
    let quotes: [Expander.Quotes] = [.remove, .keep, .ignore]
    return escapes.flatMap { escape in
        quotes.flatMap { quotes in
            [Expander.UnsetVariables.becomeEmpty, .keep].flatMap { unset in
                [false, true].map { Expander(escape: escape, unset: unset, quotes: quotes, keepsEscapes: $0) }
            }
        }
    }
}()

func checkExpansion(_ bytes: [UInt8]) throws(BrokenProperty) {
    let text = String(decoding: bytes, as: UTF8.self)
    for expander in expanders {
        let expansion: Expansion
        do throws(ExpansionError) {
            expansion = try expander.expand(text, environment)
        } catch {
            try require(!error.reason.isEmpty, "no reason why \(text) can't be expanded")
            continue
        }
        try check(expansion, of: text, by: expander)
    }
}

private func check(_ expansion: Expansion, of text: String, by expander: Expander) throws(BrokenProperty) {
    try require((try? expander.expand(text, environment)) == expansion, "expanded twice, it is another text")
    try require(expansion.text.utf8.count <= DockerfileLimits.expansionBytesMax, "the text grew without end")
    try require(expansion.used.isSubset(of: environment.keys), "used without being there: \(expansion.used)")
    try require(expansion.missing.isDisjoint(with: environment.keys), "missing, and there: \(expansion.missing)")
    if expansion.used.isEmpty, expansion.missing.isEmpty {
        try require((try? expander.expand(text, [:])) == expansion, "it asked for no variable, and one mattered")
    }
    if !text.utf8.contains(where: { "$\"'\\`".utf8.contains($0) }) {
        try require(expansion.text == text, "nothing to expand, and it became \(expansion.text)")
    }
}
