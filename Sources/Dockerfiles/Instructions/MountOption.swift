// The comma-separated options of `--mount` and `--device`: quoted like CSV, cut at the first `=`.

struct MountOption {
    /// Lower-cased.
    let key: String
    /// nil for an option without `=`.
    var value: String?
    /// As written, for messages.
    let text: String
    /// The value still holds a variable.
    var isOpen = false

    static func list(_ text: String) throws(Fault) -> [MountOption] {
        var options: [MountOption] = []
        for field in try fields(text) {
            let (key, value) = splitAtEquals(field) ?? (field, nil)
            options.append(MountOption(key: key.lowercased(), value: value, text: field))
        }
        return options
    }

    /// With an expanded value. One that keeps an unset variable stays open.
    func with(_ expanded: String, keepsUnset: Bool) -> MountOption {
        var result = self
        result.value = expanded
        result.isOpen = keepsUnset && expanded.utf8.contains(UInt8(ascii: "$"))
        return result
    }

    /// One CSV record: a field in double quotes may hold commas, and quotes when doubled.
    private static func fields(_ text: String) throws(Fault) -> [String] {
        guard !text.isEmpty else { throw Fault("the option list is empty") }
        var fields: [String] = []
        var rest = Array(text.utf8)[...]
        while true {
            fields.append(try rest.first == quote ? quotedField(&rest, text) : plainField(&rest, text))
            guard let next = rest.popFirst() else { return fields }
            guard next == UInt8(ascii: ",") else {
                throw Fault("text follows the closing quote of an option in \(quoted(text))")
            }
        }
    }

    private static let quote = UInt8(ascii: "\"")

    private static func plainField(_ rest: inout ArraySlice<UInt8>, _ text: String) throws(Fault) -> String {
        let field = rest.prefix { $0 != UInt8(ascii: ",") }
        guard !field.contains(quote) else {
            throw Fault("a quote stands inside an unquoted option of \(quoted(text))")
        }
        rest = rest[field.endIndex...]
        return field.text
    }

    private static func quotedField(_ rest: inout ArraySlice<UInt8>, _ text: String) throws(Fault) -> String {
        var field: [UInt8] = []
        rest = rest.dropFirst()
        while let byte = rest.popFirst() {
            guard byte == quote else {
                field.append(byte)
                continue
            }
            guard rest.first == quote else { return String(decoding: field, as: UTF8.self) }
            rest = rest.dropFirst()
            field.append(quote)
        }
        throw Fault("an option of \(quoted(text)) lacks its closing quote")
    }
}
