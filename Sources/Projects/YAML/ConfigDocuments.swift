// One rendered text → its documents, split as in werf: at lines of `---`, with blanks or a comment behind at most.

struct ConfigDocument: Equatable {
    let text: String
    /// The line of the whole text on which the document begins.
    let firstLine: Int
}

enum ConfigDocuments {
    /// Documents of blanks and comments only are left out.
    static func split(_ text: String) -> [ConfigDocument] {
        var documents: [ConfigDocument] = []
        var lines: [Substring.UTF8View] = []
        var firstLine = 1
        var number = 0
        func finish() {
            let content = lines.map { String(Substring($0)) }.joined(separator: "\n")
            if !lines.allSatisfy(isBlank) { documents.append(ConfigDocument(text: content, firstLine: firstLine)) }
            lines = []
            firstLine = number + 1
        }
        for line in text[...].utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            if isSeparator(line) { finish() } else { lines.append(line) }
        }
        finish()
        return documents
    }

    private static func isSeparator(_ line: Substring.UTF8View) -> Bool {
        guard line.starts(with: "---".utf8) else { return false }
        let rest = line.dropFirst(3).drop(while: isSpace)
        return rest.isEmpty || rest.first == UInt8(ascii: "#")
    }

    private static func isBlank(_ line: Substring.UTF8View) -> Bool {
        let rest = line.drop(while: isSpace)
        return rest.isEmpty || rest.first == UInt8(ascii: "#")
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
}
