// Go's number literals, as text/template reads them: with a point or exponent a float, otherwise an integer.

enum NumberLiteral {
    static func value(of text: String) -> TemplateValue? {
        var digits = text[...]
        let negative = digits.first == "-"
        if negative || digits.first == "+" { digits.removeFirst() }
        guard let first = digits.utf8.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else { return nil }
        let plain = digits.filter { $0 != "_" }
        if let magnitude = magnitude(plain) {
            if negative { return magnitude <= UInt(Int.max) + 1 ? .int(Int(truncatingIfNeeded: 0 &- magnitude)) : nil }
            return Int(exactly: magnitude).map(TemplateValue.int)
        }
        let isHex = plain.hasPrefix("0x") || plain.hasPrefix("0X")
        guard plain.contains(where: { isHex ? ".pP".contains($0) : ".eE".contains($0) }) else { return nil }
        guard
            plain.utf8.allSatisfy({
                isHex || !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "e")
            })
        else { return nil }
        guard let value = Double(plain), value.isFinite else { return nil }
        return .float(negative ? -value : value)
    }

    /// 10, 0x1F, 0b1, 0o7, 017
    private static func magnitude(_ digits: String) -> UInt? {
        guard digits.hasPrefix("0"), digits.utf8.count > 1 else { return UInt(digits, radix: 10) }
        switch digits.dropFirst().first {
        case "x", "X": return UInt(digits.dropFirst(2), radix: 16)
        case "b", "B": return UInt(digits.dropFirst(2), radix: 2)
        case "o", "O": return UInt(digits.dropFirst(2), radix: 8)
        default: return UInt(digits.dropFirst(), radix: 8)
        }
    }
}
