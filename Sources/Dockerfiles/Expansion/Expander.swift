// Variable expansion and quote removal as BuildKit's shell lexer does it.

package struct Expander: Sendable {
    /// What becomes of a variable that the environment doesn't have.
    package enum UnsetVariables: Sendable, Equatable {
        case becomeEmpty
        /// The text stays as it is, for a later pass that knows more variables.
        case keep
    }

    package enum Quotes: Sendable, Equatable {
        case remove
        /// Quotes have their effect and stay in the text.
        case keep
        /// Quotes are ordinary characters, as in the content of here-documents.
        case ignore
    }

    let escape: EscapeToken
    let unset: UnsetVariables
    let quotes: Quotes
    let keepsEscapes: Bool

    package init(
        escape: EscapeToken = .backslash,
        unset: UnsetVariables = .becomeEmpty,
        quotes: Quotes = .remove,
        keepsEscapes: Bool = false
    ) {
        self.escape = escape
        self.unset = unset
        self.quotes = quotes
        self.keepsEscapes = keepsEscapes
    }

    /// The text as one word: blanks stay.
    package func word(_ text: String, _ environment: [String: String]) throws(ExpansionError) -> String {
        try expand(text, environment).text
    }

    /// The text split at white space outside quotes, after expansion.
    package func words(_ text: String, _ environment: [String: String]) throws(ExpansionError) -> [String] {
        try expand(text, environment).words
    }

    package func expand(_ text: String, _ environment: [String: String]) throws(ExpansionError) -> Expansion {
        var lexer = ShellLexer(text, rules: self, environment)
        return try lexer.expansion()
    }

    /// The rules for the content of an unquoted here-document of COPY or ADD, whatever the file's escape token.
    var forHeredocContent: Expander { Expander(escape: .backslash, unset: unset, quotes: .ignore) }
}

package struct Expansion: Sendable, Equatable {
    package let text: String
    package let words: [String]
    /// Names that were asked for and set.
    package let used: Set<String>
    /// Names that were asked for and not set.
    package let missing: Set<String>
}

package struct ExpansionError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The text that could not be expanded, or not be understood then.
    package let text: String
    package let reason: String
    var action = "can't expand"

    package var description: String { "\(action) \(quoted(text)): \(reason)" }
}
