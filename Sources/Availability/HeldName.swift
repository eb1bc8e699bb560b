// What a node may hold: a step, a layer or a blob, by its digest.
import Membership

package struct HeldName: Hashable, Sendable {
    package enum Kind: UInt8, Sendable {
        /// A stage's result, by stage digest.
        case step = 1
        /// A layer's content, by diff id.
        case layer = 2
        /// Compressed or other bytes, by their digest.
        case blob = 3
    }

    package let kind: Kind
    /// 28 or 32 bytes.
    package let digest: [UInt8]

    package init(_ kind: Kind, _ digest: [UInt8]) {
        self.kind = kind
        self.digest = digest
    }

    /// What is kept and sent instead of the name: 48 bits. With 50 nodes that hold 65,536 names each, a name that
    /// nobody holds is taken for held once in 10^8 questions, which costs one failed fetch.
    package var fingerprint: UInt64 {
        Mixing.spread(Mixing.hash(digest) ^ UInt64(kind.rawValue) &* Mixing.step) >> UInt64(64 - Self.bits)
    }

    package static let bits = 48
}
