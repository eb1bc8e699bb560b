// JSON → values (RFC 8259). All numbers become floats, as in Go.

struct JSONReader {
    private let bytes: [UInt8]
    private let budget: TemplateBudget
    private var offset = 0

    static func read(_ text: String, _ budget: TemplateBudget) throws(FunctionFailure) -> TemplateValue {
        var reader = JSONReader(bytes: Array(text.utf8), budget: budget)
        let value = try reader.readValue(depth: 0)
        reader.skipSpace()
        guard reader.offset == reader.bytes.count else { throw reader.failure("text after the value") }
        return value
    }

    private init(bytes: [UInt8], budget: TemplateBudget) {
        self.bytes = bytes
        self.budget = budget
    }

    private func failure(_ what: String) -> FunctionFailure {
        FunctionFailure("the text is not JSON: \(what) at byte \(offset + 1).")
    }

    private mutating func readValue(depth: Int) throws(FunctionFailure) -> TemplateValue {
        try budget.spend(steps: 1)
        guard depth <= budget.limits.valueDepth else { throw failure("nested too deeply") }
        skipSpace()
        guard offset < bytes.count else { throw failure("a value is missing") }
        switch bytes[offset] {
        case UInt8(ascii: "{"): return try readObject(depth)
        case UInt8(ascii: "["): return try readArray(depth)
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try readNumber()
        default: return try readWord()
        }
    }

    private mutating func readObject(_ depth: Int) throws(FunctionFailure) -> TemplateValue {
        var entries: [String: TemplateValue] = [:]
        offset += 1
        if take("}") { return .map(of: entries) }
        repeat {
            skipSpace()
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else { throw failure("a key is missing") }
            let key = try readString()
            guard take(":") else { throw failure("`:` is missing") }
            entries[key] = try readValue(depth: depth + 1)
        } while take(",")
        guard take("}") else { throw failure("`}` is missing") }
        return .map(of: entries)
    }

    private mutating func readArray(_ depth: Int) throws(FunctionFailure) -> TemplateValue {
        var items: [TemplateValue] = []
        offset += 1
        if take("]") { return .list(of: items) }
        repeat { items.append(try readValue(depth: depth + 1)) } while take(",")
        guard take("]") else { throw failure("`]` is missing") }
        return .list(of: items)
    }

    private mutating func readWord() throws(FunctionFailure) -> TemplateValue {
        for (word, value) in [("true", TemplateValue.bool(true)), ("false", .bool(false)), ("null", .none)]
        where bytes[offset...].starts(with: word.utf8) {
            offset += word.utf8.count
            return value
        }
        throw failure("an unexpected character")
    }

    private mutating func readNumber() throws(FunctionFailure) -> TemplateValue {
        let start = offset
        if bytes[offset] == UInt8(ascii: "-") { offset += 1 }
        let zero = offset < bytes.count && bytes[offset] == UInt8(ascii: "0")
        let whole = skipDigits()
        guard whole > 0, !zero || whole == 1 else { throw failure("a malformed number") }
        if offset < bytes.count, bytes[offset] == UInt8(ascii: ".") {
            offset += 1
            guard skipDigits() > 0 else { throw failure("a malformed number") }
        }
        if offset < bytes.count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if offset < bytes.count, bytes[offset] == UInt8(ascii: "+") || bytes[offset] == UInt8(ascii: "-") {
                offset += 1
            }
            guard skipDigits() > 0 else { throw failure("a malformed number") }
        }
        guard let value = Double(String(decoding: bytes[start..<offset], as: UTF8.self)), value.isFinite else {
            throw failure("a number out of range")
        }
        return .float(value)
    }

    private mutating func skipDigits() -> Int {
        let start = offset
        while offset < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset]) { offset += 1 }
        return offset - start
    }

    private mutating func readString() throws(FunctionFailure) -> String {
        var content: [UInt8] = []
        offset += 1
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"): content += try readEscape()
            case ..<0x20: throw failure("a control character in a string")
            default: content.append(byte)
            }
        }
        throw failure("a string is not closed")
    }

    private mutating func readEscape() throws(FunctionFailure) -> [UInt8] {
        guard offset < bytes.count else { throw failure("an escape is not finished") }
        let byte = bytes[offset]
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "u"):
            var unit = try readUnit()
            // The two halves of a surrogate pair; a lone half becomes U+FFFD, as in Go.
            if (0xD800..<0xDC00).contains(unit), bytes[offset...].starts(with: "\\u".utf8) {
                let start = offset
                offset += 2
                let low = try readUnit()
                if (0xDC00..<0xE000).contains(low) {
                    unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
                } else {
                    offset = start
                }
            }
            return Array(String(Character(Unicode.Scalar(unit) ?? "\u{FFFD}")).utf8)
        default: throw failure("an unknown escape")
        }
    }

    private mutating func readUnit() throws(FunctionFailure) -> UInt32 {
        let digits = bytes[offset..<min(offset + 4, bytes.count)]
        guard digits.count == 4, digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-"),
            let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw failure("an escape needs four hexadecimal digits") }
        offset += 4
        return unit
    }

    private mutating func skipSpace() {
        while offset < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset]) { offset += 1 }
    }

    private mutating func take(_ sign: Character) -> Bool {
        skipSpace()
        guard offset < bytes.count, sign.asciiValue == bytes[offset] else { return false }
        offset += 1
        return true
    }
}
