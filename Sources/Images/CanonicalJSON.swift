// The only way JSON is written here: sorted keys, no spaces, no needless escapes, so that equal values are equal bytes.

/// A JSON value to be written. Empty members are left out by the caller through `Members`.
indirect enum CanonicalJSON {
    case object([String: CanonicalJSON])
    case array([CanonicalJSON])
    case text(String)
    case number(Int64)
    case flag(Bool)

    static func texts(_ texts: [String]) -> CanonicalJSON { .array(texts.map(CanonicalJSON.text)) }

    var bytes: [UInt8] {
        var output: [UInt8] = []
        write(to: &output)
        return output
    }

    private func write(to output: inout [UInt8]) {
        switch self {
        case .object(let members): Self.write(members, to: &output)
        case .array(let values):
            output.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                value.write(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .text(let text): Self.write(text, to: &output)
        case .number(let number): output += Array(String(number).utf8)
        case .flag(let flag): output += Array((flag ? "true" : "false").utf8)
        }
    }

    /// Keys are ordered by their UTF-8 bytes, as Go orders the keys of a map.
    private static func write(_ members: [String: CanonicalJSON], to output: inout [UInt8]) {
        let ordered = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        output.append(UInt8(ascii: "{"))
        for (index, (key, value)) in ordered.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            write(key, to: &output)
            output.append(UInt8(ascii: ":"))
            value.write(to: &output)
        }
        output.append(UInt8(ascii: "}"))
    }

    private static func write(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): output += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): output += Array("\\n".utf8)
            case UInt8(ascii: "\r"): output += Array("\\r".utf8)
            case UInt8(ascii: "\t"): output += Array("\\t".utf8)
            case 0..<0x20:
                output += Array((byte < 0x10 ? "\\u000" : "\\u00").utf8) + Array(String(byte, radix: 16).utf8)
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}

extension [String: CanonicalJSON] {
    /// Docker's `omitempty`: a member without a value, or with an empty one, isn't written.
    mutating func set(_ key: String, _ text: String?) {
        if let text, !text.isEmpty { self[key] = .text(text) }
    }

    mutating func set(_ key: String, _ texts: [String]?) {
        if let texts, !texts.isEmpty { self[key] = .texts(texts) }
    }

    mutating func set(_ key: String, _ map: [String: String]) {
        if !map.isEmpty { self[key] = .object(map.mapValues(CanonicalJSON.text)) }
    }

    /// Go's `map[string]struct{}`: each name with an empty object.
    mutating func set(_ key: String, _ names: Set<String>) {
        guard !names.isEmpty else { return }
        self[key] = .object(Dictionary(uniqueKeysWithValues: names.map { ($0, .object([:])) }))
    }

    mutating func set(_ key: String, _ number: Int64) {
        if number != 0 { self[key] = .number(number) }
    }

    mutating func set(_ key: String, _ flag: Bool) {
        if flag { self[key] = .flag(true) }
    }
}
