// Here-documents: the `<<NAME` words of RUN, COPY and ADD, and the lines that belong to them.

package struct Heredoc: Sendable, Equatable {
    /// The terminator, and in COPY and ADD also the file's name.
    package let name: String
    /// Number before `<<`, 0 if there is none; BuildKit hands it on to the shell unread.
    package let fileDescriptor: Int
    /// False when any part of the name was quoted: then nothing in the content is expanded.
    package let expands: Bool
    /// `<<-`: leading tabs of the content don't count.
    package let chomps: Bool
    /// The lines up to the terminator, newlines and tabs included, as written.
    package internal(set) var content: String

    /// `content`, without the tabs at the beginning of its lines when the document is written `<<-`.
    package var chompedContent: String {
        guard chomps else { return content }
        var result: [UInt8] = []
        var atLineStart = true
        for byte in content.utf8 where !(atLineStart && byte == 0x09) {
            atLineStart = byte == 0x0A
            result.append(byte)
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The documents that a line announces, in order. Words are found as BuildKit finds them: with `\` as the escape
    /// character whatever the file says, and none at all when the line's quotes don't balance.
    static func announced(in line: String) -> [Heredoc] {
        let lexer = Expander(escape: .backslash, unset: .keep, quotes: .keep, keepsEscapes: true)
        guard let words = try? lexer.words(line, [:]) else { return [] }
        return words.compactMap { Heredoc(marker: $0) }
    }

    /// Reads one word such as `<<EOF`, `3<<-"EOF"` or `<< EOF`; nil if it is none.
    init?(marker: String) {
        var rest = marker.unicodeScalars[...]
        let digits = rest.prefix { ("0"..."9").contains($0) }
        rest = rest[digits.endIndex...]
        guard rest.starts(with: "<<".unicodeScalars) else { return nil }
        rest = rest.dropFirst(2)
        chomps = rest.first == "-"
        rest = (chomps ? rest.dropFirst() : rest).drop { $0.isASCII && $0.isSpace && $0 != "\u{0B}" }
        guard !rest.isEmpty, !rest.contains("<") else { return nil }
        // Lexed with and without quote removal: a difference in quotes means that the name was quoted.
        let bare = try? Expander(escape: .backslash, unset: .keep).words(String(rest), [:])
        let raw = try? Expander(escape: .backslash, unset: .keep, quotes: .keep).words(String(rest), [:])
        guard let bare, let raw, bare.count == 1, raw.count == 1 else { return nil }
        name = bare[0]
        expands = Self.quotes(in: bare[0]) == Self.quotes(in: raw[0])
        fileDescriptor = Int(String(digits)) ?? 0
        content = ""
    }

    private static func quotes(in text: String) -> Int { text.utf8.count { $0 == 0x22 || $0 == 0x27 } }
}
