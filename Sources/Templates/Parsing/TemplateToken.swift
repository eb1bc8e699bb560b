// The words of an action: what stands between `{{` and `}}`.

struct TemplateToken {
    enum Kind: Equatable {
        /// Text between actions, trimmed as the actions' markers ask.
        case text(String)
        case actionStart
        case actionEnd
        case space
        case word(String)
        /// `.name`
        case field(String)
        case dot
        /// `$` or `$name`, without the dollar.
        case variable(String)
        case number(String)
        case character(Int)
        case string(String)
        case pipe
        case open
        case close
        case declare
        case assign
        case comma
        case end
    }

    let kind: Kind
    let offset: Int

    var described: String {
        switch kind {
        case .text: "text"
        case .actionStart: "{{"
        case .actionEnd: "}}"
        case .space: "a space"
        case .word(let word): "\"\(word)\""
        case .field(let name): "\".\(name)\""
        case .dot: "\".\""
        case .variable(let name): "\"$\(name)\""
        case .number(let text): "\"\(text)\""
        case .character: "a character"
        case .string: "a string"
        case .pipe: "\"|\""
        case .open: "\"(\""
        case .close: "\")\""
        case .declare: "\":=\""
        case .assign: "\"=\""
        case .comma: "\",\""
        case .end: "the end of the file"
        }
    }
}
