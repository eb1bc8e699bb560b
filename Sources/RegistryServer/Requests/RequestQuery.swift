// The part of a path behind the question mark: names with values, decoded.
import HTTPTypes

struct RequestQuery: Sendable {
    private var values: [String: String] = [:]

    /// Bytes of the whole.
    static let bytesMax = 2_048
    static let pairsMax = 16

    /// `path` as it came.
    init(_ path: String) throws(RegistryRefusal) {
        guard let mark = path.utf8.firstIndex(of: UInt8(ascii: "?")) else { return }
        let text = path[path.utf8.index(after: mark)...]
        guard text.utf8.count <= Self.bytesMax else { throw Self.refused("it is too long") }
        let pairs = text.split(separator: "&")
        guard pairs.count <= Self.pairsMax else { throw Self.refused("it has too many values") }
        for pair in pairs {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(parts[0]), let value = Self.decoded(parts.count > 1 ? parts[1] : "") else {
                throw Self.refused("it isn't text in UTF-8")
            }
            guard values.updateValue(value, forKey: name) == nil else { throw Self.refused("it names a value twice") }
        }
    }

    subscript(name: String) -> String? { values[name] }

    private static func refused(_ reason: String) -> RegistryRefusal {
        RegistryRefusal(.unsupported, "the query can't be used: \(reason)", status: .badRequest)
    }

    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
    }
}
