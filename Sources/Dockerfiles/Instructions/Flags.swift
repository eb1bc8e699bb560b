// The `--name=value` words of one instruction, checked against those that it knows.

struct Flags {
    enum Kind {
        case text
        case list
        case yesOrNo
    }

    private var values: [String: [Word]] = [:]

    init(_ words: [Word], known: KeyValuePairs<String, Kind>) throws(Fault) {
        for word in words {
            let (flag, value) = splitAtEquals(word.text) ?? (word.text, nil)
            let name = String(flag.unicodeScalars.dropFirst(2))
            guard let kind = known.first(where: { $0.key == name })?.value else {
                let hint = Suggestion.hint(for: name, in: known.map(\.key), prefix: "--")
                throw Fault("unknown flag \(quoted(flag))", at: word.offset, hint: hint)
            }
            guard kind == .list || values[name] == nil else {
                throw Fault("duplicate flag \(flag)", at: word.offset)
            }
            let text = try Self.checked(value, kind, flag, word.offset)
            values[name, default: []].append(Word(text: text, offset: word.offset))
        }
    }

    private static func checked(
        _ value: String?, _ kind: Kind, _ flag: String, _ offset: Int
    ) throws(Fault) -> String {
        guard kind == .yesOrNo else {
            guard let value else { throw Fault("missing a value on flag \(flag)", at: offset) }
            return value
        }
        if value == "" { throw Fault("missing a value on flag \(flag)", at: offset) }
        let lowered = value?.lowercased() ?? "true"
        guard lowered == "true" || lowered == "false" else {
            throw Fault("expecting true or false for flag \(flag), not \(quoted(value ?? ""))", at: offset)
        }
        return lowered
    }

    /// nil if the flag is absent or empty: for BuildKit both mean the default.
    func text(_ name: String) -> String? { word(name).flatMap { $0.text.isEmpty ? nil : $0.text } }

    func word(_ name: String) -> Word? { values[name]?.first }

    func list(_ name: String) -> [Word] { values[name] ?? [] }

    func texts(_ name: String) -> [String] { list(name).map(\.text) }

    func optional(_ name: String) -> Bool? { word(name).map { $0.text == "true" } }

    func isSet(_ name: String) -> Bool { optional(name) ?? false }
}
