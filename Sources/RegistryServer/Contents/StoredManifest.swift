// A manifest or index as it is served: its bytes, and the type that they say of themselves.
package import Digests
package import Images

package struct StoredManifest: Hashable, Sendable {
    package let bytes: [UInt8]
    package let digest: BlobDigest
    package let document: ManifestDocument
    package let links: ManifestLinks

    /// Refuses what isn't a manifest, and what could be read in two ways. `contentType`: what it was sent as.
    package init(_ bytes: [UInt8], contentType: MediaType?) throws(ImageError) {
        document = try ManifestDocument(bytes, contentType: contentType)
        links = try ManifestLinks(bytes)
        self.bytes = bytes
        digest = BlobDigest(of: bytes)
    }

    package var mediaType: MediaType {
        switch document {
        case .image(let manifest): manifest.mediaType
        case .index(let index): index.mediaType
        }
    }

    /// What has to be there before it: blobs of an image, manifests of an index.
    package var parts: [Descriptor] {
        switch document {
        case .image(let manifest): [manifest.config] + manifest.layers
        case .index(let index): index.manifests
        }
    }

    /// What referrers of `links.subject` are told of it (distribution-spec, "Listing referrers").
    package var referrer: Referrer {
        var type = links.artifactType
        if type == nil, case .image(let manifest) = document { type = manifest.config.mediaType.name }
        return Referrer(
            mediaType: mediaType.name, digest: digest.description, size: Int64(bytes.count), artifactType: type,
            annotations: links.annotations)
    }
}
