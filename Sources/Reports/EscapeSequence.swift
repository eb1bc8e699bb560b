// The escape sequences of terminals (ECMA-48): where one ends, and which of them only change colours.

enum EscapeSequence {
    enum Kind {
        /// `ESC [` … final.
        case control
        /// `ESC ]`, `P`, `X`, `^`, `_`: text up to a terminator.
        case string
        /// `ESC` and one or a few characters.
        case short
    }

    /// What `scalar`, just taken from in front of `rest`, begins; nil when it begins nothing. The introducer is
    /// taken from `rest`.
    static func kind(of scalar: Unicode.Scalar, before rest: inout Substring.UnicodeScalarView) -> Kind? {
        switch scalar.value {
        case 0x9B: return .control
        case 0x90, 0x98, 0x9D...0x9F: return .string
        case 0x1B: break
        default: return nil
        }
        switch rest.first {
        case "[":
            rest.removeFirst()
            return .control
        case "]", "P", "X", "^", "_":
            rest.removeFirst()
            return .string
        default: return .short
        }
    }

    /// Takes the sequence from `rest`. A change of colours is returned, as `ESC [ … m`; anything else gives nil.
    static func take(_ kind: Kind, _ rest: inout Substring.UnicodeScalarView) -> String? {
        switch kind {
        case .control: return takeControl(&rest)
        case .string: takeString(&rest)
        case .short:
            while let scalar = rest.first, (0x20...0x2F).contains(scalar.value) { rest.removeFirst() }
            if let scalar = rest.first, (0x30...0x7E).contains(scalar.value) { rest.removeFirst() }
        }
        return nil
    }

    private static func takeControl(_ rest: inout Substring.UnicodeScalarView) -> String? {
        var parameters = String.UnicodeScalarView()
        while let scalar = rest.first, (0x20...0x3F).contains(scalar.value) {
            parameters.append(scalar)
            rest.removeFirst()
        }
        guard let final = rest.first, (0x40...0x7E).contains(final.value) else { return nil }
        rest.removeFirst()
        let isColour = final == "m" && parameters.allSatisfy { (0x30...0x3B).contains($0.value) }
        return isColour ? "\u{1B}[\(String(parameters))m" : nil
    }

    /// Without its terminator on the line nothing but the introducer is taken: the text behind it stays readable.
    private static func takeString(_ rest: inout Substring.UnicodeScalarView) {
        var index = rest.startIndex
        while index < rest.endIndex {
            let next = rest.index(after: index)
            switch rest[index].value {
            case 0x07, 0x9C:
                rest = rest[next...]
                return
            case 0x1B where next < rest.endIndex && rest[next] == "\\":
                rest = rest[rest.index(after: next)...]
                return
            default: index = next
            }
        }
    }
}
