// What refers to a manifest: an entry of the list that registries have of it (distribution-spec, "Listing referrers").
package import Digests

/// As it is written: what a stranger says may be anything.
package struct Referrer: Hashable, Sendable, Codable {
    package let mediaType: String
    package let digest: String
    /// Bytes of the manifest.
    package let size: Int64
    package let artifactType: String?
    package let annotations: [String: String]?

    package init(
        mediaType: String, digest: String, size: Int64, artifactType: String?, annotations: [String: String]?
    ) {
        (self.mediaType, self.digest, self.size) = (mediaType, digest, size)
        (self.artifactType, self.annotations) = (artifactType, annotations)
    }

    /// False for what strangers say and no manifest can be.
    package var isWellFormed: Bool {
        BlobDigest(digest) != nil && MediaType(mediaType)?.name == mediaType
            && (artifactType.map { MediaType($0)?.name == $0 } ?? true) && (0...Int64(Manifest.bytesMax)).contains(size)
    }

    /// Where clients keep the list in a registry that has none itself (distribution-spec, "Referrers Tag Schema").
    package static func tag(of subject: BlobDigest) -> String { "sha256-\(subject.hex)" }
}
