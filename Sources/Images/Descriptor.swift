// What an image says of one of its blobs: type, digest, size.
package import Digests

package struct Descriptor: Hashable, Sendable {
    package let mediaType: MediaType
    package let digest: BlobDigest
    /// Bytes, from 0 to `sizeMax`.
    package let size: Int64
    /// Only in an index.
    package let platform: Platform?
    package let annotations: [String: String]

    /// Largest blob taken, in bytes.
    package static let sizeMax: Int64 = 256 << 30

    package init(
        mediaType: MediaType, digest: BlobDigest, size: Int64, platform: Platform? = nil,
        annotations: [String: String] = [:]
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.platform = platform
        self.annotations = annotations
    }

    /// An attestation that BuildKit stores beside the images of an index: never an image to run.
    package var isAttestation: Bool {
        annotations["vnd.docker.reference.type"] == "attestation-manifest"
            || (platform?.os == "unknown" && platform?.architecture == "unknown")
    }

    var json: CanonicalJSON {
        var members: [String: CanonicalJSON] = [
            "mediaType": .text(mediaType.name), "digest": .text(digest.description), "size": .number(size),
        ]
        members.set("annotations", annotations)
        if let platform {
            var words: [String: CanonicalJSON] = [
                "os": .text(platform.os), "architecture": .text(platform.architecture),
            ]
            words.set("variant", platform.variant)
            members["platform"] = .object(words)
        }
        return .object(members)
    }
}
