// Text → tokens, by the lexical rules of Go's text/template.

struct TemplateLexer {
    let source: TemplateSource
    var offset = 0
    private var tokens: [TemplateToken] = []
    /// The action before the present text ended in ` -}}`.
    private var trimsNextText = false

    var bytes: [UInt8] { source.bytes }

    init(_ source: TemplateSource) {
        self.source = source
    }

    static func tokens(of source: TemplateSource) throws(TemplateError) -> [TemplateToken] {
        var lexer = TemplateLexer(source)
        return try lexer.run()
    }

    private mutating func run() throws(TemplateError) -> [TemplateToken] {
        while let start = find("{{", from: offset) {
            let trims = isTrimStart(start + 2)
            addText(upTo: start, trimsRight: trims)
            offset = start + 2 + (trims ? 2 : 0)
            if starts(with: "/*", at: offset) {
                try skipComment(from: start)
            } else {
                add(.actionStart, start)
                try readAction(from: start)
            }
        }
        addText(upTo: bytes.count, trimsRight: false)
        add(.end, bytes.count)
        return tokens
    }

    // MARK: Text and comments

    private mutating func addText(upTo end: Int, trimsRight: Bool) {
        var slice = bytes[offset..<end]
        if trimsNextText { slice = slice.drop(while: Self.isSpace) }
        if trimsRight { while let last = slice.last, Self.isSpace(last) { slice.removeLast() } }
        trimsNextText = false
        if !slice.isEmpty { add(.text(String(decoding: slice, as: UTF8.self)), slice.startIndex) }
        offset = end
    }

    private mutating func skipComment(from start: Int) throws(TemplateError) {
        guard let close = find("*/", from: offset + 2) else { throw source.error(start, "a comment is not closed.") }
        offset = close + 2
        if let trimmed = trimmedEnd(offset) {
            trimsNextText = true
            offset = trimmed
        } else if starts(with: "}}", at: offset) {
            offset += 2
        } else {
            throw source.error(start, "a comment must end right before the closing braces: `*/}}`.")
        }
    }

    // MARK: Actions

    private mutating func readAction(from start: Int) throws(TemplateError) {
        while true {
            if let trimmed = trimmedEnd(offset) {
                add(.actionEnd, offset)
                offset = trimmed
                trimsNextText = true
                return
            }
            if starts(with: "}}", at: offset) {
                add(.actionEnd, offset)
                offset += 2
                return
            }
            guard offset < bytes.count else { throw source.error(start, "an action is not closed: `}}` is missing.") }
            try readToken()
        }
    }

    private mutating func readToken() throws(TemplateError) {
        let start = offset
        let byte = bytes[offset]
        if Self.isSpace(byte) {
            // A space before ` -}}` belongs to the marker.
            while offset < bytes.count, Self.isSpace(bytes[offset]), trimmedEnd(offset) == nil { offset += 1 }
            add(.space, start)
            return
        }
        offset += 1
        switch byte {
        case UInt8(ascii: "|"): add(.pipe, start)
        case UInt8(ascii: "("): add(.open, start)
        case UInt8(ascii: ")"): add(.close, start)
        case UInt8(ascii: ","): add(.comma, start)
        case UInt8(ascii: "="): add(.assign, start)
        case UInt8(ascii: ":"):
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: "=") else {
                throw source.error(start, "`:` must be part of `:=`.")
            }
            offset += 1
            add(.declare, start)
        case UInt8(ascii: "\""): add(.string(try readQuoted(start)), start)
        case UInt8(ascii: "`"): add(.string(try readRaw(start)), start)
        case UInt8(ascii: "'"): add(.character(try readCharacter(start)), start)
        case UInt8(ascii: "$"):
            let name = readWord()
            try checkEnd(of: "$\(name)", start)
            add(.variable(name), start)
        case UInt8(ascii: "."): try readAfterDot(start)
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try readNumber(start)
        default:
            offset = start
            let word = readWord()
            guard !word.isEmpty else { throw unexpectedCharacter(start) }
            try checkEnd(of: word, start)
            add(.word(word), start)
        }
    }

    private mutating func readAfterDot(_ start: Int) throws(TemplateError) {
        if offset < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset]) {
            return try readNumber(start)
        }
        let name = readWord()
        if name.isEmpty {
            add(.dot, start)
        } else {
            try checkEnd(of: ".\(name)", start)
            add(.field(name), start)
        }
    }

    private mutating func readNumber(_ start: Int) throws(TemplateError) {
        while offset < bytes.count {
            let byte = bytes[offset]
            let sign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
            let exponent = UInt8(ascii: "e"), power = UInt8(ascii: "p")
            let previous = bytes[offset - 1] | 0x20
            let signed = sign && (previous == exponent || previous == power)
            guard Self.isWordByte(byte) || byte == UInt8(ascii: ".") || signed else { break }
            offset += 1
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        try checkEnd(of: text, start)
        add(.number(text), start)
    }

    private mutating func readWord() -> String {
        let start = offset
        while offset < bytes.count, Self.isWordByte(bytes[offset]) { offset += 1 }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    /// A word, field or number must be followed by a space or an operator.
    private func checkEnd(of text: String, _ start: Int) throws(TemplateError) {
        guard offset < bytes.count, !Self.isSpace(bytes[offset]) else { return }
        guard ".,|:=()}".utf8.contains(bytes[offset]) else {
            throw source.error(offset, "an unexpected character after `\(text)`.")
        }
    }

    private func unexpectedCharacter(_ start: Int) -> TemplateError {
        let rest = String(decoding: bytes[start..<min(start + 4, bytes.count)], as: UTF8.self)
        return source.error(start, "an unexpected character in an action: \(rest.prefix(1).debugDescription).")
    }

    private mutating func add(_ kind: TemplateToken.Kind, _ start: Int) {
        tokens.append(TemplateToken(kind: kind, offset: start))
    }
}

extension TemplateLexer {
    // MARK: Scanning

    private func find(_ text: StaticString, from start: Int) -> Int? {
        let wanted = Array("\(text)".utf8)
        var index = start
        while index + wanted.count <= bytes.count {
            if bytes[index] == wanted[0], bytes[index + 1] == wanted[1] { return index }
            index += 1
        }
        return nil
    }

    private func starts(with text: StaticString, at index: Int) -> Bool {
        let wanted = "\(text)".utf8
        return index + wanted.count <= bytes.count && bytes[index..<(index + wanted.count)].elementsEqual(wanted)
    }

    /// `- ` after the opening braces.
    private func isTrimStart(_ index: Int) -> Bool {
        index + 1 < bytes.count && bytes[index] == UInt8(ascii: "-") && Self.isSpace(bytes[index + 1])
    }

    /// The offset after ` -}}`, when the text at `index` is that.
    private func trimmedEnd(_ index: Int) -> Int? {
        guard index + 3 < bytes.count, Self.isSpace(bytes[index]), bytes[index + 1] == UInt8(ascii: "-"),
            bytes[index + 2] == UInt8(ascii: "}"), bytes[index + 3] == UInt8(ascii: "}")
        else { return nil }
        return index + 4
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n")
            || byte == UInt8(ascii: "\r")
    }

    /// Letters outside ASCII count as letters.
    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }
}
