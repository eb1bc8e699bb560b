// Parser directives: the `# name=value` comments at the very top of a Dockerfile.

package struct Directives: Sendable, Equatable {
    /// The frontend that the author asks for, such as `docker/dockerfile:1`. Reported, never fetched.
    package internal(set) var syntax: String?
    /// The author's choice of build checks, such as `skip=JSONArgsRecommended`.
    package internal(set) var check: String?
    /// What escapes a character and continues a line.
    package internal(set) var escape = EscapeToken.backslash

    package init() {}
}

package enum EscapeToken: String, Sendable, Equatable {
    case backslash = "\\"
    case backtick = "`"

    var byte: UInt8 { self == .backslash ? 0x5C : 0x60 }
    var scalar: Unicode.Scalar { self == .backslash ? "\\" : "`" }
}

/// Reads directives until the first line that is none: from there on `# name=value` is a comment.
struct DirectiveReader {
    private(set) var directives = Directives()
    private var seen: Set<String> = []
    private var isDone = false

    /// `line` has neither its newline nor leading white space.
    mutating func read(_ line: ArraySlice<UInt8>) throws(Fault) {
        guard !isDone else { return }
        guard let (name, value) = Self.split(line), ["syntax", "escape", "check"].contains(name) else {
            isDone = true
            return
        }
        guard seen.insert(name).inserted else {
            throw Fault("only one \(name) parser directive can be used", at: line.startIndex)
        }
        switch name {
        case "syntax": directives.syntax = value.text
        case "check": directives.check = value.text
        default:
            guard let escape = EscapeToken(rawValue: value.text) else {
                let message = "invalid escape token \(quoted(value.text)): it must be ` or \\"
                throw Fault(message, at: value.startIndex)
            }
            directives.escape = escape
        }
    }

    /// `# name = value` -> lower-cased name and trimmed value; the name is a letter, then letters and digits.
    private static func split(_ line: ArraySlice<UInt8>) -> (name: String, value: ArraySlice<UInt8>)? {
        guard line.first == UInt8(ascii: "#") else { return nil }
        let body = line.dropFirst().trimmingLeadingSpace()
        let name = body.prefix { isLetter($0) || (0x30...0x39).contains($0) }
        guard let first = name.first, isLetter(first) else { return nil }
        let rest = body[name.endIndex...].drop { $0.isBlank }
        guard rest.first == UInt8(ascii: "=") else { return nil }
        let value = rest.dropFirst().drop { $0.isBlank }
        guard let last = value.lastIndex(where: { !$0.isBlank }) else { return nil }
        return (name.text.lowercased(), value[...last])
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
}
