// The name of a node, as its certificate bears it.

/// 1 to 63 bytes of `[a-z0-9.-]`.
package struct NodeName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Bytes of a name.
    package static let bytesMax = 63

    package let text: String
    /// The same on every machine and in every release: buckets of the table and homes are chosen by it.
    package let stableHash: UInt64

    /// Nil unless `text` is a name.
    package init?(_ text: String) {
        guard (1...Self.bytesMax).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed) else { return nil }
        self.text = text
        stableHash = Mixing.hash(Array(text.utf8))
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "."), UInt8(ascii: "-"): true
        default: false
        }
    }

    package var description: String { text }

    package static func < (left: NodeName, right: NodeName) -> Bool { left.text < right.text }

    package static func == (left: NodeName, right: NodeName) -> Bool {
        left.stableHash == right.stableHash && left.text == right.text
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(stableHash) }
}
