// Go's string, raw string and character literals.

extension TemplateLexer {
    /// Go's interpreted string literal; it ends on its line.
    mutating func readQuoted(_ start: Int) throws(TemplateError) -> String {
        var content: [UInt8] = []
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") {
            let byte = bytes[offset]
            offset += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: content, as: UTF8.self) }
            if byte == UInt8(ascii: "\\") {
                content += try readEscape(quote: UInt8(ascii: "\"")).bytes
            } else {
                content.append(byte)
            }
        }
        throw source.error(start, "a string is not closed.")
    }

    mutating func readRaw(_ start: Int) throws(TemplateError) -> String {
        guard let end = bytes[offset...].firstIndex(of: UInt8(ascii: "`")) else {
            throw source.error(start, "a raw string is not closed.")
        }
        defer { offset = end + 1 }
        return String(decoding: bytes[offset..<end].filter { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
    }

    mutating func readCharacter(_ start: Int) throws(TemplateError) -> Int {
        let line = bytes[offset...].prefix { $0 != UInt8(ascii: "\n") }
        guard let first = line.first, first != UInt8(ascii: "'") else {
            throw source.error(start, "a character between quotes is expected.")
        }
        let value: Int
        if first == UInt8(ascii: "\\") {
            offset += 1
            value = try readEscape(quote: UInt8(ascii: "'")).value
        } else {
            let scalars = String(decoding: line.prefix(4), as: UTF8.self).unicodeScalars
            let scalar = scalars.first ?? "\u{FFFD}"
            offset += UTF8.width(scalar)
            value = Int(scalar.value)
        }
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "'") else {
            throw source.error(start, "a character is not closed, or there is more than one.")
        }
        offset += 1
        return value
    }

    /// After the backslash.
    private mutating func readEscape(quote: UInt8) throws(TemplateError) -> (bytes: [UInt8], value: Int) {
        let start = offset - 1
        guard offset < bytes.count else { throw source.error(start, "an escape is not finished.") }
        let byte = bytes[offset]
        offset += 1
        if let plain = Self.escapes[byte] { return ([plain], Int(plain)) }
        if byte == quote { return ([byte], Int(byte)) }
        switch byte {
        case UInt8(ascii: "x"):
            let value = try readDigits(2, radix: 16, start)
            return ([UInt8(truncatingIfNeeded: value)], value)
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let value = try readDigits(byte == UInt8(ascii: "u") ? 4 : 8, radix: 16, start)
            guard let scalar = UInt32(exactly: value).flatMap(Unicode.Scalar.init) else {
                throw source.error(start, "this escape is no Unicode character.")
            }
            return (Array(String(Character(scalar)).utf8), value)
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            offset -= 1
            let value = try readDigits(3, radix: 8, start)
            guard value < 256 else { throw source.error(start, "an octal escape ends at \\377.") }
            return ([UInt8(truncatingIfNeeded: value)], value)
        default: throw source.error(start, "an unknown escape in a string.")
        }
    }

    private mutating func readDigits(_ count: Int, radix: Int, _ start: Int) throws(TemplateError) -> Int {
        let digits = bytes[offset..<min(offset + count, bytes.count)]
        guard digits.count == count, digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-"),
            let value = Int(String(decoding: digits, as: UTF8.self), radix: radix)
        else { throw source.error(start, "this escape needs \(count) digits.") }
        offset += count
        return value
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10,
        UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9, UInt8(ascii: "v"): 11, UInt8(ascii: "\\"): UInt8(ascii: "\\"),
    ]
}
