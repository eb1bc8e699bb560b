// Text from steps, registries and files, made fit for people's terminals: nothing in it moves a cursor, forges a
// line or talks to the terminal.

package enum HarmlessText {
    /// Bytes of one line of output that are shown; the rest is cut, with a note.
    package static let lineBytesMax = 8192
    /// Columns between tab stops. Tabs become spaces: behind a prefix they would stop elsewhere.
    private static let tabColumns = 8

    /// The lines of one piece of output. What a carriage return overwrites is dropped, as a terminal would; colours
    /// (SGR, ECMA-48 8.3.117) stay when `keepsColours`, all other escape sequences and control characters go.
    package static func lines(_ text: String, keepsColours: Bool = false) -> [String] {
        if isPlain(text) { return [text] }
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        // A line feed at the end ends a line and begins none.
        if lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { clean(bounded(overwritten($0)), keepsColours: keepsColours) }
    }

    /// `text` on one line, white space run together: for names, titles and instructions. The name and password of a
    /// web address are left out.
    package static func title(_ text: String) -> String {
        if isPlainTitle(text) { return text }
        let line = text.unicodeScalars.split(whereSeparator: { $0.properties.isWhitespace })
            .map { withoutUser(String($0)) }.joined(separator: " ")
        return isPlain(line) ? line : clean(bounded(line.unicodeScalars[...]), keepsColours: false)
    }

    private static func withoutUser(_ word: String) -> String {
        for scheme in ["http://", "https://"] {
            guard let start = word.firstRange(of: scheme)?.upperBound else { continue }
            let host = word[start...].prefix { !"/?#\\".contains($0) }
            guard let end = host.lastIndex(of: "@") else { continue }
            return word[..<start] + withoutUser(String(word[word.index(after: end)...]))
        }
        return word
    }

    private static func isPlain(_ text: String) -> Bool {
        text.utf8.count <= lineBytesMax && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    /// Nothing to drop, to run together or to hide: most titles.
    private static func isPlainTitle(_ text: String) -> Bool {
        guard text.utf8.count <= lineBytesMax else { return false }
        // As after a blank, so that a text does not begin with one.
        var before = UInt8(ascii: " ")
        for byte in text.utf8 {
            guard (0x20...0x7E).contains(byte) else { return false }
            if before == UInt8(ascii: " "), byte == before { return false }
            if before == UInt8(ascii: "/"), byte == before { return false }
            before = byte
        }
        return before != UInt8(ascii: " ") || text.isEmpty
    }

    private static func overwritten(_ line: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView {
        line.split(separator: "\r").last ?? line.prefix(0)
    }

    private static func bounded(_ line: Substring.UnicodeScalarView) -> (
        text: Substring.UnicodeScalarView, note: String
    ) {
        var count = 0
        var index = line.startIndex
        while index < line.endIndex {
            count += UTF8.width(line[index])
            if count > lineBytesMax {
                let cut = Substring(line[index...]).utf8.count
                return (line[..<index], " [\(cut) bytes cut]")
            }
            line.formIndex(after: &index)
        }
        return (line, "")
    }

    private static func clean(_ line: (text: Substring.UnicodeScalarView, note: String), keepsColours: Bool) -> String {
        var output = String.UnicodeScalarView()
        var scalars = line.text
        var column = 0
        var isColoured = false
        while let scalar = scalars.popFirst() {
            if let kind = EscapeSequence.kind(of: scalar, before: &scalars) {
                guard let colour = EscapeSequence.take(kind, &scalars), keepsColours else { continue }
                output.append(contentsOf: colour.unicodeScalars)
                isColoured = true
            } else if scalar == "\t" {
                let spaces = tabColumns - column % tabColumns
                output.append(contentsOf: repeatElement(" ", count: spaces))
                column += spaces
            } else if !isDropped(scalar) {
                output.append(scalar)
                column += TextWidth.columns(scalar)
            }
        }
        return String(output) + (isColoured ? "\u{1B}[0m" : "") + line.note
    }

    /// Control characters, line separators, and what turns the direction of writing (CVE-2021-42574).
    private static func isDropped(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
