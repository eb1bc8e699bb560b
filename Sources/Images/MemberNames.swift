// Members that a JSON object has twice: one decoder takes the first, another the last, so the document means two things.

enum MemberNames {
    /// A name that two members of one object share; nil when there is none. `bytes` are JSON.
    ///
    /// Go takes names of members without regard to case, but those of maps as they are: so does this.
    static func repeated(in bytes: [UInt8]) -> String? {
        var scanner = Scanner(bytes)
        return scanner.firstRepeated()
    }

    /// Members of the documents whose own members are a map's.
    static let maps: Set<[UInt8]> = Set(["annotations", "labels", "volumes", "exposedports"].map { Array($0.utf8) })

    /// As Go's encoding/json compares them: ASCII without regard to case, and two letters that fold into it.
    static func folded(_ name: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for scalar in name.unicodeScalars {
            switch scalar {
            case "A"..."Z": bytes.append(UInt8(scalar.value + 32))
            case "\u{17F}": bytes.append(UInt8(ascii: "s"))
            case "\u{212A}": bytes.append(UInt8(ascii: "k"))
            default: bytes += Array(Character(scalar).utf8)
            }
        }
        return bytes
    }
}

/// One pass over JSON that a decoder has taken already: only strings and brackets are looked at.
private struct Scanner {
    /// An object or a list that is open.
    private struct Level {
        let isObject: Bool
        let isMap: Bool
        /// Their bytes: two strings are equal in Swift where a map's are not.
        var names: Set<[UInt8]> = []
        /// The member whose value comes or came last, folded.
        var name: [UInt8] = []
    }

    private let bytes: [UInt8]
    private var index = 0
    private var levels: [Level] = []
    /// The next string of an object is a member's name.
    private var isBeforeName = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func firstRepeated() -> String? {
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "{"): open(isObject: true)
            case UInt8(ascii: "["): open(isObject: false)
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                _ = levels.popLast()
                isBeforeName = false
            case UInt8(ascii: ","): isBeforeName = levels.last?.isObject ?? false
            case UInt8(ascii: "\""):
                let text = string()
                guard isBeforeName else { continue }
                isBeforeName = false
                if note(text) { return text }
            default: continue
            }
        }
        return nil
    }

    private mutating func open(isObject: Bool) {
        let isMap = isObject && levels.last.map { $0.isObject && MemberNames.maps.contains($0.name) } ?? false
        levels.append(Level(isObject: isObject, isMap: isMap))
        isBeforeName = isObject
    }

    /// True when the object has the name already.
    private mutating func note(_ name: String) -> Bool {
        guard var level = levels.popLast() else { return false }
        level.name = MemberNames.folded(name)
        let isNew = level.names.insert(level.isMap ? Array(name.utf8) : level.name).inserted
        levels.append(level)
        return !isNew
    }

    /// The string whose opening quote was read, escapes resolved where it is a name.
    private mutating func string() -> String {
        let start = index
        var hasEscapes = false
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            if bytes[index] == UInt8(ascii: "\\") {
                hasEscapes = true
                index += 1
            }
            index += 1
        }
        let end = min(index, bytes.count)
        index = end + 1
        guard isBeforeName else { return "" }
        return hasEscapes ? Self.unescaped(bytes[start..<end]) : String(decoding: bytes[start..<end], as: UTF8.self)
    }

    private static func unescaped(_ text: ArraySlice<UInt8>) -> String {
        var units: [UInt16] = []
        var rest = String(decoding: text, as: UTF8.self).utf16[...]
        while let unit = rest.popFirst() {
            guard unit == 0x5C, let escape = rest.popFirst() else {
                units.append(unit)
                continue
            }
            switch Character(Unicode.Scalar(UInt8(truncatingIfNeeded: escape))) {
            case "u":
                units.append(UInt16(String(decoding: rest.prefix(4), as: UTF16.self), radix: 16) ?? 0xFFFD)
                rest = rest.dropFirst(4)
            case "n": units.append(0x0A)
            case "t": units.append(0x09)
            case "r": units.append(0x0D)
            case "b": units.append(0x08)
            case "f": units.append(0x0C)
            default: units.append(escape)
            }
        }
        return String(decoding: units, as: UTF16.self)
    }
}
