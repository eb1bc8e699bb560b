// Layers and compressed blobs by name, with those who probably have them.
package import Digests

/// Where a layer that an order stands on can be had.
package struct ShippedLayer: Hashable, Sendable {
    package let diffID: BlobDigest
    /// A compressed form of it; nil: ask a holder.
    package let blob: BlobDigest?
    package let byteCount: Int64
    /// Names of nodes that probably have it, nearest first.
    package let holders: [String]

    /// Names of holders in one message.
    package static let holdersMax = 64

    package init(diffID: BlobDigest, blob: BlobDigest?, byteCount: Int64, holders: [String]) {
        self.diffID = diffID
        self.blob = blob
        self.byteCount = byteCount
        self.holders = holders
    }
}

package struct LayerQuery: Hashable, Sendable {
    package let diffIDs: [BlobDigest]
    /// What the node gave before was damaged: it looks at its disk first.
    package let isDoubted: Bool

    package init(diffIDs: [BlobDigest], isDoubted: Bool = false) {
        self.diffIDs = diffIDs
        self.isDoubted = isDoubted
    }
}

package struct LayerBlob: Hashable, Sendable {
    package let diffID: BlobDigest
    package let blob: BlobDigest
    package let byteCount: Int64

    package init(diffID: BlobDigest, blob: BlobDigest, byteCount: Int64) {
        self.diffID = diffID
        self.blob = blob
        self.byteCount = byteCount
    }
}

/// Those that the node has.
package struct LayerBlobs: Hashable, Sendable {
    package let blobs: [LayerBlob]

    package init(blobs: [LayerBlob]) { self.blobs = blobs }
}

extension ShippedLayer: Message {
    package func write(to fields: inout FieldWriter) {
        fields.digest(1, diffID)
        fields.digest(2, blob)
        fields.count(3, byteCount)
        fields.texts(4, holders)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        diffID = try fields.blobDigest(1, "diffID")
        blob = try fields.optionalBlobDigest(2, "blob")
        byteCount = try fields.count(3, "byteCount")
        holders = try fields.nodeNames(4, "holders", max: Self.holdersMax)
    }
}

extension LayerQuery: Message {
    package func write(to fields: inout FieldWriter) {
        fields.digests(1, diffIDs)
        fields.flag(2, isDoubted)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        diffIDs = try fields.blobDigests(1, "diffIDs")
        isDoubted = try fields.flag(2, "isDoubted")
    }
}

extension LayerBlob: Message {
    package func write(to fields: inout FieldWriter) {
        fields.digest(1, diffID)
        fields.digest(2, blob)
        fields.count(3, byteCount)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        self.init(
            diffID: try fields.blobDigest(1, "diffID"), blob: try fields.blobDigest(2, "blob"),
            byteCount: try fields.count(3, "byteCount"))
    }
}

extension LayerBlobs: Message {
    package func write(to fields: inout FieldWriter) { fields.messages(1, blobs) }

    package init(from fields: inout FieldReader) throws(MessageError) { blobs = try fields.messages(1, "blobs") }
}
