// What membership asks of keys and certificates.

/// Signs for this node, and checks what others signed.
package protocol RecordSigner: Sendable {
    /// Made with this node's key; at most `SignedBytes.signatureBytesMax` bytes.
    func signature(of message: [UInt8]) -> [UInt8]

    /// Whether `signature` of `message` was made with `key`, and `key` is bound to `name` by the mesh's authority.
    /// `key` is what the node says of itself (`MemberCard.key`): a public key with its proof, or a certificate.
    func isGenuine(_ signature: [UInt8], of message: [UInt8], by name: NodeName, key: [UInt8]) -> Bool
}

/// Bytes as their author signed them. Kept and passed on unchanged, with fields that only newer releases know.
package struct SignedBytes: Hashable, Sendable {
    /// Bytes of a signature.
    package static let signatureBytesMax = 128
    /// Bytes of a signed body.
    package static let bodyBytesMax = 2048

    package let body: [UInt8]
    package let signature: [UInt8]

    package init(body: [UInt8], signature: [UInt8]) {
        self.body = body
        self.signature = signature
    }

    /// What a signature covers: a body never counts as one of another kind.
    package static func message(_ purpose: StaticString, _ body: [UInt8]) -> [UInt8] {
        Array("weft \(purpose) 1\n".utf8) + body
    }

    /// Bytes of both as fields `bodyTag` and `signatureTag` of a group.
    package var encodedCount: Int {
        FieldWriter.bytesCount(body.count) + FieldWriter.bytesCount(signature.count)
    }
}
