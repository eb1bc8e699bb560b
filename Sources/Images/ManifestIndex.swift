// The list of an image's manifests, one for each platform: Docker's manifest list or OCI's index.

package struct ManifestIndex: Hashable, Sendable {
    /// `dockerIndex` or `ociIndex`.
    package let mediaType: MediaType
    package let manifests: [Descriptor]
    package let annotations: [String: String]

    /// Most entries of one index.
    package static let manifestsMax = 1_000

    package init(mediaType: MediaType = .dockerIndex, manifests: [Descriptor], annotations: [String: String] = [:]) {
        self.mediaType = mediaType
        self.manifests = manifests
        self.annotations = annotations
    }

    /// Platforms with an image, in the order of the index.
    package var platforms: [Platform] { manifests.filter { !$0.isAttestation }.compactMap(\.platform) }

    /// The entry that runs best on `platform`: the same one, else the newest older variant; the first of equals.
    package func manifest(for platform: Platform) throws(ImageError) -> Descriptor {
        var best: (distance: Int, entry: Descriptor)?
        for entry in manifests where !entry.isAttestation && entry.mediaType.isManifest {
            guard let offered = entry.platform, let distance = platform.distance(to: offered) else { continue }
            if best.map({ distance < $0.distance }) ?? true { best = (distance, entry) }
        }
        guard let best else { throw .noSuchPlatform(wanted: platform, available: platforms) }
        return best.entry
    }

    /// The same bytes for the same value. Docker's form has no annotations: they are left out.
    package func encoded() -> EncodedDocument {
        var members: [String: CanonicalJSON] = [
            "schemaVersion": .number(2), "mediaType": .text(mediaType.name),
            "manifests": .array(manifests.map(\.json)),
        ]
        if mediaType == .ociIndex { members.set("annotations", annotations) }
        return EncodedDocument(bytes: CanonicalJSON.object(members).bytes, mediaType: mediaType)
    }
}
