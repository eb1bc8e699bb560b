// Signatures that cost nothing: a hash that everybody can make, bound to the name.
package import Membership

package struct FakeSigner: RecordSigner {
    package let name: NodeName

    package init(_ name: NodeName) { self.name = name }

    package static func key(of name: NodeName) -> [UInt8] { bytes(name.stableHash) }

    package func signature(of message: [UInt8]) -> [UInt8] { Self.signature(message, Self.key(of: name)) }

    package func isGenuine(_ signature: [UInt8], of message: [UInt8], by name: NodeName, key: [UInt8]) -> Bool {
        key == Self.key(of: name) && signature == Self.signature(message, key)
    }

    private static func signature(_ message: [UInt8], _ key: [UInt8]) -> [UInt8] {
        bytes(Mixing.hash(message) ^ Mixing.hash(key))
    }

    private static func bytes(_ word: UInt64) -> [UInt8] {
        stride(from: UInt64(0), to: 64, by: 8).map { UInt8(truncatingIfNeeded: word >> $0) }
    }
}
