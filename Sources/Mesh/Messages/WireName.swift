// Names that come from the other end of a link, checked at the border.

package enum WireName {
    /// Bytes of the name of a node, a client, a zone or a version.
    package static let nodeBytesMax = 63
    /// Bytes of the name of a build or an actor.
    package static let buildBytesMax = 64
    /// Bytes of `host:port`.
    package static let addressBytesMax = 300

    /// `[a-z0-9.-]`, 1 to 63 bytes.
    package static func isNode(_ name: String) -> Bool {
        (1...nodeBytesMax).contains(name.utf8.count)
            && name.utf8.allSatisfy { isLowerOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }

    /// `[a-z0-9-]`, 1 to 64 bytes.
    package static func isBuild(_ name: String) -> Bool {
        (1...buildBytesMax).contains(name.utf8.count)
            && name.utf8.allSatisfy { isLowerOrDigit($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

extension FieldReader {
    mutating func nodeName(_ tag: Int, _ name: String) throws(MessageError) -> String {
        guard let text = try optionalText(tag, name, max: WireName.nodeBytesMax) else {
            throw MessageError(name, .missing)
        }
        guard WireName.isNode(text) else { throw MessageError(name, .invalid("isn't the name of a node")) }
        return text
    }

    mutating func nodeNames(_ tag: Int, _ name: String, max: Int) throws(MessageError) -> [String] {
        let names = try texts(tag, name, max: max)
        guard names.allSatisfy(WireName.isNode) else {
            throw MessageError(name, .invalid("have one that isn't the name of a node"))
        }
        return names
    }

    mutating func buildName(_ tag: Int, _ name: String) throws(MessageError) -> String {
        guard let text = try optionalText(tag, name, max: WireName.buildBytesMax) else {
            throw MessageError(name, .missing)
        }
        guard WireName.isBuild(text) else { throw MessageError(name, .invalid("isn't a name of [a-z0-9-]")) }
        return text
    }
}
