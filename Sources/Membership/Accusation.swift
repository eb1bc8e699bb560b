// One node says of another that it is silent or gone, and signs that.

package final class Accusation: Sendable {
    package enum Charge: UInt8, Sendable {
        /// It did not answer; it may still refute that.
        case silent = 1
        /// It had its time to refute, and did not.
        case gone = 2
    }

    package let charge: Charge
    package let name: NodeName
    /// The record that is accused. Another one is not: so nobody can accuse what the node did not yet say.
    package let incarnation: UInt64
    package let accuser: NodeName
    package let signed: SignedBytes

    private enum Tag {
        static let charge: UInt8 = 1
        static let name: UInt8 = 2
        static let incarnation: UInt8 = 3
        static let accuser: UInt8 = 4
    }

    static let purpose: StaticString = "accusation"

    /// By the node that `signer` signs for.
    init(_ charge: Charge, of record: MemberRecord, by accuser: NodeName, signer: any RecordSigner) {
        var writer = FieldWriter()
        writer.number(Tag.charge, UInt64(charge.rawValue))
        writer.text(Tag.name, record.name.text)
        writer.number(Tag.incarnation, record.incarnation)
        writer.text(Tag.accuser, accuser.text)
        (self.charge, name, incarnation, self.accuser) = (charge, record.name, record.incarnation, accuser)
        let message = SignedBytes.message(Self.purpose, writer.bytes)
        signed = SignedBytes(body: writer.bytes, signature: signer.signature(of: message))
    }

    /// Reads an accusation; its signature is not checked.
    init(_ signed: SignedBytes) throws(Unreadable) {
        var reader = FieldReader(signed.body)
        var charge: Charge?
        var name: NodeName?
        var accuser: NodeName?
        var incarnation: UInt64?
        while let field = try reader.next() {
            switch field.tag {
            case Tag.charge: charge = Charge(rawValue: UInt8(clamping: try reader.number(field.value)))
            case Tag.name: name = try reader.name(field.value)
            case Tag.incarnation: incarnation = try reader.number(field.value)
            case Tag.accuser: accuser = try reader.name(field.value)
            default: break
            }
        }
        guard let charge else { throw .wrong(.accusation) }
        guard let name, let accuser else { throw .missing(.name) }
        guard let incarnation else { throw .missing(.incarnation) }
        (self.charge, self.name, self.incarnation, self.accuser) = (charge, name, incarnation, accuser)
        self.signed = signed
    }

    /// `key` is the accuser's.
    func isGenuine(_ signer: any RecordSigner, key: [UInt8]) -> Bool {
        signer.isGenuine(signed.signature, of: SignedBytes.message(Self.purpose, signed.body), by: accuser, key: key)
    }
}
