// A node's card with its incarnation, signed by the node: the only thing that makes a member.

/// Immutable and shared: thousands of rows and packets hold the same one.
package final class MemberRecord: Sendable {
    package let name: NodeName
    /// Grows with each record of the node; only the node itself makes a greater one.
    package let incarnation: UInt64
    package let card: MemberCard
    /// The node went away in order.
    package let hasLeft: Bool
    package let signed: SignedBytes
    let nameHash: UInt64

    private enum Tag {
        static let name: UInt8 = 1
        static let incarnation: UInt8 = 2
        static let hasLeft: UInt8 = 12
    }

    static let purpose: StaticString = "member"

    /// A record of the node that `signer` signs for.
    package init(
        name: NodeName, incarnation: UInt64, card: MemberCard, hasLeft: Bool = false, signer: any RecordSigner
    ) {
        var writer = FieldWriter()
        writer.text(Tag.name, name.text)
        writer.number(Tag.incarnation, incarnation)
        card.write(to: &writer)
        if hasLeft { writer.number(Tag.hasLeft, 1) }
        (self.name, self.incarnation, self.card, self.hasLeft) = (name, incarnation, card, hasLeft)
        let message = SignedBytes.message(Self.purpose, writer.bytes)
        signed = SignedBytes(body: writer.bytes, signature: signer.signature(of: message))
        nameHash = name.stableHash
    }

    /// Reads a record; its signature is not checked.
    package init(_ signed: SignedBytes) throws(Unreadable) {
        var reader = FieldReader(signed.body)
        var name: NodeName?
        var incarnation: UInt64?
        var card = MemberCard(peerAddress: "", key: [])
        var hasLeft = false
        while let field = try reader.next() {
            switch field.tag {
            case Tag.name: name = try reader.name(field.value)
            case Tag.incarnation: incarnation = try reader.number(field.value)
            case Tag.hasLeft: hasLeft = try reader.number(field.value) != 0
            default: try card.take(field.tag, field.value, reader)
            }
        }
        guard let name else { throw .missing(.name) }
        guard let incarnation else { throw .missing(.incarnation) }
        guard !card.peerAddress.isEmpty else { throw .missing(.address) }
        (self.name, self.incarnation, self.card, self.hasLeft) = (name, incarnation, card, hasLeft)
        self.signed = signed
        nameHash = name.stableHash
    }

    func isGenuine(_ signer: any RecordSigner) -> Bool {
        signer.isGenuine(
            signed.signature, of: SignedBytes.message(Self.purpose, signed.body), by: name, key: card.key)
    }
}
