// What changed in a node's set between two versions, signed by the node, so that anybody may pass it on.
package import Membership

package final class Batch: Sendable {
    package let owner: NodeName
    /// One life of the owner's set; a greater one replaces it.
    package let epoch: UInt64
    /// Applies to any version from `from` to `to`; 0: to nothing, it begins the set.
    package let from: UInt64
    package let to: UInt64
    /// Fingerprints.
    package let added: [UInt64]
    package let removed: [UInt64]
    package let signed: SignedBytes

    private enum Tag {
        static let owner: UInt8 = 1
        static let epoch: UInt8 = 2
        static let from: UInt8 = 3
        static let to: UInt8 = 4
        static let added: UInt8 = 5
        static let removed: UInt8 = 6
    }

    static let purpose: StaticString = "availability"

    init(
        _ owner: NodeName, epoch: UInt64, from: UInt64, to: UInt64, added: [UInt64], removed: [UInt64],
        signer: any RecordSigner
    ) {
        (self.owner, self.epoch, self.from, self.to) = (owner, epoch, from, to)
        self.added = added.sorted()
        self.removed = removed.sorted()
        var writer = FieldWriter()
        writer.text(Tag.owner, owner.text)
        writer.number(Tag.epoch, epoch)
        writer.number(Tag.from, from)
        writer.number(Tag.to, to)
        if !added.isEmpty { writer.data(Tag.added, SortedNames.bytes(self.added)) }
        if !removed.isEmpty { writer.data(Tag.removed, SortedNames.bytes(self.removed)) }
        let message = SignedBytes.message(Self.purpose, writer.bytes)
        signed = SignedBytes(body: writer.bytes, signature: signer.signature(of: message))
    }

    /// Reads a batch; its signature is not checked.
    package init(_ signed: SignedBytes) throws(Unreadable) {
        var reader = FieldReader(signed.body)
        var owner: NodeName?
        var numbers: (epoch: UInt64?, from: UInt64?, to: UInt64?)
        var added: [UInt64] = []
        var removed: [UInt64] = []
        while let field = try reader.next() {
            switch field.tag {
            case Tag.owner: owner = try reader.name(field.value)
            case Tag.epoch: numbers.epoch = try reader.number(field.value)
            case Tag.from: numbers.from = try reader.number(field.value)
            case Tag.to: numbers.to = try reader.number(field.value)
            case Tag.added: added = try SortedNames.names(try reader.reader(of: field.value))
            case Tag.removed: removed = try SortedNames.names(try reader.reader(of: field.value))
            default: break
            }
        }
        guard let owner else { throw .missing(.owner) }
        guard let epoch = numbers.epoch, let from = numbers.from, let to = numbers.to, from < to else {
            throw .wrong(.versions)
        }
        guard added.count + removed.count <= AvailabilityLimits.batchNamesMax else {
            throw .tooMuch(.names, limit: AvailabilityLimits.batchNamesMax)
        }
        (self.owner, self.epoch, self.from, self.to) = (owner, epoch, from, to)
        (self.added, self.removed, self.signed) = (added, removed, signed)
    }

    package func isGenuine(_ signer: any RecordSigner, key: [UInt8]) -> Bool {
        signer.isGenuine(signed.signature, of: SignedBytes.message(Self.purpose, signed.body), by: owner, key: key)
    }
}

/// Sorted fingerprints as the gaps between them, LEB128.
///
/// By numbers, for a full set of 65,536 names: as digests 2.1 MB; as gaps of 48-bit fingerprints 5 bytes a name, 0.33 MB;
/// Golomb-coded or as a Bloom filter of the same error 4.4 bytes a name. The gaps cost a seventh more, need no bit
/// arithmetic, and unlike a Bloom filter they can be listed, removed from, and sent as differences.
enum SortedNames {
    static func bytes(_ sorted: [UInt64]) -> [UInt8] {
        var writer = FieldWriter()
        var last: UInt64 = 0
        for name in sorted {
            writer.append(name &- last)
            last = name
        }
        return writer.bytes
    }

    static func names(_ source: FieldReader) throws(Unreadable) -> [UInt64] {
        var reader = source
        var names: [UInt64] = []
        var last: UInt64 = 0
        while !reader.isAtEnd {
            guard names.count < AvailabilityLimits.batchNamesMax else {
                throw .tooMuch(.names, limit: AvailabilityLimits.batchNamesMax)
            }
            let (next, overflow) = last.addingReportingOverflow(try reader.number())
            guard !overflow, next >> UInt64(HeldName.bits) == 0 else { throw .wrong(.names) }
            names.append(next)
            last = next
        }
        return names
    }
}
