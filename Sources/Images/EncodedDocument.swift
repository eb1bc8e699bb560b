// A document of an image as it is stored and sent: its bytes, and what names them.
package import Digests

package struct EncodedDocument: Hashable, Sendable {
    package let bytes: [UInt8]
    package let digest: BlobDigest
    package let mediaType: MediaType

    package init(bytes: [UInt8], mediaType: MediaType) {
        self.bytes = bytes
        self.mediaType = mediaType
        digest = BlobDigest(of: bytes)
    }

    package var descriptor: Descriptor { Descriptor(mediaType: mediaType, digest: digest, size: Int64(bytes.count)) }
}
