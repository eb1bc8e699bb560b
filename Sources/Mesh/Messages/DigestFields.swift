// Digests and names made of them, as fields: their bytes, never their text.
package import Digests
import Images
package import Stages

extension FieldWriter {
    mutating func digest(_ tag: Int, _ value: BlobDigest?) { data(tag, present: value?.rawBytes) }
    mutating func digest(_ tag: Int, _ value: StageDigest?) { data(tag, present: value?.rawBytes) }

    mutating func digests(_ tag: Int, _ values: [BlobDigest]) {
        for value in values { digest(tag, value) }
    }

    mutating func digests(_ tag: Int, _ values: [StageDigest]) {
        for value in values { digest(tag, value) }
    }
}

extension FieldReader {
    private static let blobDigestBytes = 32
    private static let stageDigestBytes = 28

    mutating func optionalBlobDigest(_ tag: Int, _ name: String) throws(MessageError) -> BlobDigest? {
        guard let range = try range(at: tag, name, max: Self.blobDigestBytes) else { return nil }
        return try blobDigest(range, name)
    }

    mutating func blobDigest(_ tag: Int, _ name: String) throws(MessageError) -> BlobDigest {
        guard let digest = try optionalBlobDigest(tag, name) else { throw MessageError(name, .missing) }
        return digest
    }

    mutating func blobDigests(_ tag: Int, _ name: String) throws(MessageError) -> [BlobDigest] {
        var digests: [BlobDigest] = []
        while let range = try element(at: tag, name, max: Self.blobDigestBytes) {
            guard digests.count < MessageLimits.elementsMax else {
                throw MessageError(name, .tooMany(max: MessageLimits.elementsMax))
            }
            digests.append(try blobDigest(range, name))
        }
        return digests
    }

    mutating func optionalStageDigest(_ tag: Int, _ name: String) throws(MessageError) -> StageDigest? {
        guard let range = try range(at: tag, name, max: Self.stageDigestBytes) else { return nil }
        return try stageDigest(range, name)
    }

    mutating func stageDigest(_ tag: Int, _ name: String) throws(MessageError) -> StageDigest {
        guard let digest = try optionalStageDigest(tag, name) else { throw MessageError(name, .missing) }
        return digest
    }

    mutating func stageDigests(_ tag: Int, _ name: String) throws(MessageError) -> [StageDigest] {
        var digests: [StageDigest] = []
        while let range = try element(at: tag, name, max: Self.stageDigestBytes) {
            guard digests.count < MessageLimits.elementsMax else {
                throw MessageError(name, .tooMany(max: MessageLimits.elementsMax))
            }
            digests.append(try stageDigest(range, name))
        }
        return digests
    }

    private func blobDigest(_ range: Range<Int>, _ name: String) throws(MessageError) -> BlobDigest {
        guard let digest = BlobDigest(hex: Hexadecimal.text(Array(self[range]))) else {
            throw MessageError(name, .invalid("isn't a digest of \(Self.blobDigestBytes) bytes"))
        }
        return digest
    }

    private func stageDigest(_ range: Range<Int>, _ name: String) throws(MessageError) -> StageDigest {
        guard let digest = StageDigest(Hexadecimal.text(Array(self[range]))) else {
            throw MessageError(name, .invalid("isn't a digest of \(Self.stageDigestBytes) bytes"))
        }
        return digest
    }
}

extension StageID: Message {
    package func write(to fields: inout FieldWriter) {
        fields.digest(1, digest)
        fields.count(2, timestamp)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        self.init(digest: try fields.stageDigest(1, "digest"), timestamp: try fields.count(2, "timestamp"))
    }
}

extension StageIndex: Message {
    package func write(to fields: inout FieldWriter) {
        fields.signed(1, Int64(image))
        fields.signed(2, Int64(number))
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        self.init(image: Int(try fields.signed(1, "image")), number: Int(try fields.signed(2, "number")))
    }
}

extension LayerName: Message {
    package func write(to fields: inout FieldWriter) {
        fields.digest(1, diffID)
        fields.count(2, byteCount)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        self.init(diffID: try fields.blobDigest(1, "diffID"), byteCount: try fields.count(2, "byteCount"))
    }
}
