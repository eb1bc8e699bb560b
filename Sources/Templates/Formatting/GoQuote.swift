// Go's strconv.Quote.

enum GoQuote {
    static func quote(_ text: String, with quote: Unicode.Scalar = "\"") -> String {
        var result = String(Character(quote))
        for scalar in text.unicodeScalars {
            switch scalar {
            case quote, "\\": result += "\\\(scalar)"
            case "\u{07}": result += "\\a"
            case "\u{08}": result += "\\b"
            case "\u{0C}": result += "\\f"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{0B}": result += "\\v"
            default: if isPrintable(scalar) { result.unicodeScalars.append(scalar) } else { result += escape(scalar) }
            }
        }
        return result + String(Character(quote))
    }

    /// Letters, marks, numbers, punctuation, symbols, and the ASCII space.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value >= 0x20 && scalar.value < 0x7F }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let hex = String(scalar.value, radix: 16)
        let (mark, width) = scalar.value < 0x80 ? ("\\x", 2) : scalar.value < 0x10000 ? ("\\u", 4) : ("\\U", 8)
        return mark + String(repeating: "0", count: max(width - hex.utf8.count, 0)) + hex
    }
}
