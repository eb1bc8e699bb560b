// What a node would need for an order, and what it lacks of that.
package import Digests

/// What a node would need for an order; answered with what it can't get from its own disk and its peers.
package struct NeedsQuery: Hashable, Sendable {
    package let objects: [BlobDigest]
    package let layers: [ShippedLayer]

    package init(objects: [BlobDigest], layers: [ShippedLayer]) {
        self.objects = objects
        self.layers = layers
    }
}

package struct Lacking: Hashable, Sendable {
    package let objects: [BlobDigest]
    package let layers: [BlobDigest]

    package init(objects: [BlobDigest], layers: [BlobDigest]) {
        self.objects = objects
        self.layers = layers
    }
}

extension NeedsQuery: Message {
    package func write(to fields: inout FieldWriter) {
        fields.digests(1, objects)
        fields.messages(2, layers)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        objects = try fields.blobDigests(1, "objects")
        layers = try fields.messages(2, "layers")
    }
}

extension Lacking: Message {
    package func write(to fields: inout FieldWriter) {
        fields.digests(1, objects)
        fields.digests(2, layers)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        objects = try fields.blobDigests(1, "objects")
        layers = try fields.blobDigests(2, "layers")
    }
}
