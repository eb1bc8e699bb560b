// JSON as etcd's gateway reads it: keys and values in base64, 64-bit numbers as texts, what is zero left out.
import FoundationEssentials

struct RequestText {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// The whole of a request.
    static func object(_ body: (inout RequestText) -> Void) -> [UInt8] {
        var text = RequestText()
        text.wrapped(nil, "{", "}", body)
        return text.bytes
    }

    mutating func object(_ name: StaticString, _ body: (inout RequestText) -> Void) { wrapped(name, "{", "}", body) }

    /// An element of an array.
    mutating func element(_ body: (inout RequestText) -> Void) { wrapped(nil, "{", "}", body) }

    /// Left out when empty.
    mutating func array<Value>(_ name: StaticString, _ values: [Value], _ each: (inout RequestText, Value) -> Void) {
        guard !values.isEmpty else { return }
        wrapped(name, "[", "]") { text in for value in values { each(&text, value) } }
    }

    mutating func data(_ name: StaticString, _ data: [UInt8]) {
        guard !data.isEmpty else { return }
        begin(name)
        bytes.append(UInt8(ascii: "\""))
        bytes += Data(data).base64EncodedData()
        bytes.append(UInt8(ascii: "\""))
    }

    /// Zero is left out where it says nothing: in a comparison it does.
    mutating func number(_ name: StaticString, _ number: Int64, always: Bool = false) {
        guard always || number != 0 else { return }
        begin(name)
        bytes += "\"\(number)\"".utf8
    }

    mutating func number(_ name: StaticString, _ number: UInt64) {
        begin(name)
        bytes += "\"\(number)\"".utf8
    }

    /// A name of etcd's, which needs no escapes.
    mutating func word(_ name: StaticString, _ word: String) {
        begin(name)
        bytes += "\"\(word)\"".utf8
    }

    mutating func flag(_ name: StaticString, _ flag: Bool) {
        guard flag else { return }
        begin(name)
        bytes += "true".utf8
    }

    /// Texts of ours: addresses.
    mutating func texts(_ name: StaticString, _ texts: [String]) {
        array(name, texts) { text, value in
            text.begin(nil)
            text.bytes.append(UInt8(ascii: "\""))
            for byte in value.utf8 {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { text.bytes.append(UInt8(ascii: "\\")) }
                // A control character is no part of an address: etcd says so of the blank.
                text.bytes.append(byte < 0x20 ? UInt8(ascii: " ") : byte)
            }
            text.bytes.append(UInt8(ascii: "\""))
        }
    }

    private mutating func wrapped(
        _ name: StaticString?, _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout RequestText) -> Void
    ) {
        begin(name)
        bytes.append(UInt8(ascii: open))
        needsComma = false
        body(&self)
        bytes.append(UInt8(ascii: close))
        needsComma = true
    }

    private mutating func begin(_ name: StaticString?) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
        guard let name else { return }
        bytes += "\"\(name)\":".utf8
    }
}
