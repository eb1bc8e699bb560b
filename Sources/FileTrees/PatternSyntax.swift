// The parts of a pattern: what is well formed, alternatives, character classes, characters.

enum PatternSyntax {
    private static let backslash = UInt8(ascii: "\\")

    /// Why a pattern is malformed; nil when it is fine.
    static func problem(in pattern: PathBytes) -> String? {
        var depth = 0
        var index = 0
        while index < pattern.count {
            switch pattern[index] {
            case backslash:
                index += 1
                if index == pattern.count { return "it ends with a backslash" }
            case UInt8(ascii: "["):
                guard let end = endOfClass(pattern, from: index) else { return "a \"[\" has no characters or no \"]\"" }
                index = end - 1
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"):
                depth -= 1
                if depth < 0 { return "a \"}\" has no \"{\"" }
            default: break
            }
            index += 1
        }
        return depth == 0 ? nil : "a \"{\" has no \"}\""
    }

    /// The index after the `]` of the class that starts at `start`.
    static func endOfClass(_ pattern: PathBytes, from start: Int) -> Int? {
        var index = start + 1
        if index < pattern.count, isNegation(pattern[index]) { index += 1 }
        if index < pattern.count, pattern[index] == UInt8(ascii: "]") { return nil }
        while index < pattern.count {
            if pattern[index] == UInt8(ascii: "]") { return index + 1 }
            index += pattern[index] == backslash ? 2 : 1
        }
        return nil
    }

    static func isNegation(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "^") || byte == UInt8(ascii: "!") }

    /// The first outermost `{...}` of a well-formed pattern: what is before it, its choices, what is after it.
    static func firstAlternatives(
        of pattern: PathBytes
    ) -> (head: ArraySlice<UInt8>, choices: [ArraySlice<UInt8>], tail: ArraySlice<UInt8>)? {
        var depth = 0
        var open = 0
        var choiceStart = 0
        var choices: [ArraySlice<UInt8>] = []
        var index = 0
        while index < pattern.count {
            switch pattern[index] {
            case backslash: index += 1
            case UInt8(ascii: "[") where depth == 0: index = (endOfClass(pattern, from: index) ?? index + 1) - 1
            case UInt8(ascii: "{"):
                if depth == 0 { (open, choiceStart) = (index, index + 1) }
                depth += 1
            case UInt8(ascii: ",") where depth == 1:
                choices.append(pattern[choiceStart..<index])
                choiceStart = index + 1
            case UInt8(ascii: "}") where depth > 0:
                depth -= 1
                if depth == 0 {
                    return (pattern[..<open], choices + [pattern[choiceStart..<index]], pattern[(index + 1)...])
                }
            default: break
            }
            index += 1
        }
        return nil
    }
}

enum CharacterClass {
    /// The pattern index after the class at `start` when it matches `character`, otherwise nil. Well-formed classes only.
    static func match(_ pattern: PathBytes, at start: Int, _ character: UInt32) -> Int? {
        guard let end = PatternSyntax.endOfClass(pattern, from: start) else { return nil }
        var index = start + 1
        let isNegated = PatternSyntax.isNegation(pattern[index])
        if isNegated { index += 1 }
        var isMatched = false
        while index < end - 1 {
            let low = next(pattern, &index)
            var high = low
            if index < end - 2, pattern[index] == UInt8(ascii: "-") {
                index += 1
                high = next(pattern, &index)
            }
            if low <= character, character <= high { isMatched = true }
        }
        return isMatched != isNegated ? end : nil
    }

    private static func next(_ pattern: PathBytes, _ index: inout Int) -> UInt32 {
        if pattern[index] == UInt8(ascii: "\\"), index + 1 < pattern.count { index += 1 }
        let value = Rune.value(pattern, at: index)
        index += Rune.count(pattern, at: index)
        return value
    }
}

/// Characters of bytes that may be anything: what is not UTF-8 counts as one character a byte, as in Go.
enum Rune {
    static let replacement: UInt32 = 0xfffd

    static func value(_ bytes: PathBytes, at index: Int) -> UInt32 { decoded(bytes, at: index).value }
    static func count(_ bytes: PathBytes, at index: Int) -> Int { decoded(bytes, at: index).count }

    private static func decoded(_ bytes: PathBytes, at index: Int) -> (value: UInt32, count: Int) {
        if bytes[index] < 0x80 { return (UInt32(bytes[index]), 1) }
        var iterator = bytes[index..<min(index + 4, bytes.count)].makeIterator()
        var decoder = UTF8()
        if case .scalarValue(let scalar) = decoder.decode(&iterator) {
            return (scalar.value, UTF8.width(scalar))
        }
        return (replacement, 1)
    }
}
