// The JSON array of an exec form, read as Go's decoder reads it: anything else that is not JSON falls back to shell form.

enum ExecForm: Equatable {
    case strings([String])
    /// JSON, but with elements that are not strings: an error, never a fallback.
    case otherElements
    case notAnArray

    init(_ rest: ArraySlice<UInt8>) {
        let rest = rest.trimmingLeadingSpace()
        guard rest.first == UInt8(ascii: "[") else {
            self = .notAnArray
            return
        }
        var reader = JSONReader(rest)
        self = reader.array() ?? .notAnArray
    }
}

/// Checks one JSON array and keeps its strings. Not recursive: nesting only costs a stack of closing brackets.
private struct JSONReader {
    private let bytes: ArraySlice<UInt8>
    private var index: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    mutating func array() -> ExecForm? {
        var strings: [String] = []
        var others = false
        index += 1
        skipBlanks()
        if take("]") { return skipBlanksToEnd() ? .strings([]) : nil }
        repeat {
            skipBlanks()
            if peek() == UInt8(ascii: "\"") {
                guard let string = string() else { return nil }
                strings.append(string)
            } else {
                guard value() else { return nil }
                others = true
            }
            skipBlanks()
        } while take(",")
        guard take("]"), skipBlanksToEnd() else { return nil }
        return others ? .otherElements : .strings(strings)
    }

    /// Any value but a string at the top level, checked and dropped.
    private mutating func value() -> Bool {
        var closers: [Character] = []
        while true {
            skipBlanks()
            var isOpen = false
            if take("[") {
                closers.append("]")
                isOpen = true
            } else if take("{") {
                closers.append("}")
                isOpen = true
            } else if !scalar() {
                return false
            }
            guard closers.count < DockerfileLimits.jsonNestingMax else { return false }
            guard let again = close(&closers, justOpened: isOpen) else { return false }
            if !again { return true }
        }
    }

    /// After a value or an opening bracket: takes closing brackets and the comma. True if another value follows,
    /// false if the outermost value ended, nil if the text is not JSON.
    private mutating func close(_ closers: inout [Character], justOpened: Bool) -> Bool? {
        var isFirst = justOpened
        while let closer = closers.last {
            skipBlanks()
            if take(closer) {
                closers.removeLast()
                isFirst = false
                continue
            }
            guard isFirst || take(",") else { return nil }
            return closer == "}" ? (key() ? true : nil) : true
        }
        return false
    }

    private mutating func key() -> Bool {
        skipBlanks()
        guard peek() == UInt8(ascii: "\""), string() != nil else { return false }
        skipBlanks()
        return take(":")
    }

    private mutating func scalar() -> Bool {
        if peek() == UInt8(ascii: "\"") { return string() != nil }
        for word in ["true", "false", "null"] where bytes[index...].starts(with: word.utf8) {
            index += word.utf8.count
            return true
        }
        return number()
    }

    private mutating func number() -> Bool {
        _ = take("-")
        if !take("0") {
            guard digits() else { return false }
        }
        if take(".") {
            guard digits() else { return false }
        }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            guard digits() else { return false }
        }
        return true
    }

    private mutating func digits() -> Bool {
        let start = index
        while let byte = peek(), (0x30...0x39).contains(byte) { index += 1 }
        return index > start
    }

    private mutating func string() -> String? {
        var result: [UInt8] = []
        index += 1
        while let byte = peek() {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: result, as: UTF8.self)
            case 0..<0x20: return nil
            case UInt8(ascii: "\\"):
                guard escape(into: &result) else { return nil }
            default: result.append(byte)
            }
        }
        return nil
    }

    private mutating func escape(into result: inout [UInt8]) -> Bool {
        guard let byte = peek() else { return false }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0C)
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "r"): result.append(0x0D)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "u"): return unicodeEscape(into: &result)
        default: return false
        }
        return true
    }

    /// A surrogate without its other half becomes U+FFFD, as in Go.
    private mutating func unicodeEscape(into result: inout [UInt8]) -> Bool {
        guard let unit = hexUnit() else { return false }
        var scalar = Unicode.Scalar(UInt32(unit))
        if UTF16.isLeadSurrogate(unit) {
            let afterFirst = index
            if take("\\"), take("u"), let second = hexUnit(), UTF16.isTrailSurrogate(second) {
                scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + UInt32(second) - 0xDC00)
            } else {
                index = afterFirst
            }
        }
        result += String(scalar ?? "\u{FFFD}").utf8
        return true
    }

    private mutating func hexUnit() -> UInt16? {
        guard index + 4 <= bytes.endIndex else { return nil }
        let digits = bytes[index..<(index + 4)]
        guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        index += 4
        return UInt16(digits.text, radix: 16)
    }

    private func peek() -> UInt8? { index < bytes.endIndex ? bytes[index] : nil }

    private mutating func take(_ character: Character) -> Bool {
        guard let byte = peek(), byte == character.asciiValue else { return false }
        index += 1
        return true
    }

    private mutating func skipBlanks() {
        while let byte = peek(), [0x20, 0x09, 0x0A, 0x0D].contains(byte) { index += 1 }
    }

    private mutating func skipBlanksToEnd() -> Bool {
        skipBlanks()
        return index == bytes.endIndex
    }
}
