// What a registry answers for a tag: a manifest or an index, decoded without room for two readings.

/// Either of the two documents that a tag can name.
package enum ManifestDocument: Hashable, Sendable {
    case image(Manifest)
    case index(ManifestIndex)

    /// Decodes `bytes` that came with `contentType`; nil when they came without one, as from a file.
    ///
    /// One document must not mean two things to two clients (CVE-2021-41190): `manifests` beside `layers`, or a
    /// `mediaType` that differs from the Content-Type, is refused.
    package init(_ bytes: [UInt8], contentType: MediaType?) throws(ImageError) {
        if let contentType, contentType.isSchema1 { throw Self.schema1 }
        let written = try DocumentKind.manifest.decode(
            WrittenManifest.self, from: bytes, bytesMax: Manifest.bytesMax)
        let type = try written.type(contentType: contentType)
        self =
            type.isIndex
            ? .index(try written.index(type))
            : .image(try written.manifest(type))
    }

    fileprivate static let schema1 = DocumentKind.manifest.refused(
        "it has the old form schema 1, which names its layers without their sizes and isn't taken: "
            + "push the image again with a current client")
}

private struct WrittenManifest: Decodable {
    let schemaVersion: Int
    let mediaType: String?
    let config: WrittenDescriptor?
    let layers: [WrittenDescriptor]?
    let manifests: [WrittenDescriptor]?
    let annotations: [String: String]?
    /// Only schema 1 has them; their values are never read.
    let isSchema1: Bool

    enum Key: String, CodingKey {
        case schemaVersion, mediaType, config, layers, manifests, annotations, fsLayers, history
    }

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Key.self)
        schemaVersion = try members.decode(Int.self, forKey: .schemaVersion)
        isSchema1 = schemaVersion == 1 || members.contains(.fsLayers) || members.contains(.history)
        guard !isSchema1 else {
            (mediaType, config, layers, manifests, annotations) = (nil, nil, nil, nil, nil)
            return
        }
        mediaType = try members.decodeIfPresent(String.self, forKey: .mediaType)
        config = try members.decodeIfPresent(WrittenDescriptor.self, forKey: .config)
        layers = try members.decodeIfPresent([WrittenDescriptor].self, forKey: .layers)
        manifests = try members.decodeIfPresent([WrittenDescriptor].self, forKey: .manifests)
        annotations = try members.decodeIfPresent([String: String].self, forKey: .annotations)
    }

    func type(contentType: MediaType?) throws(ImageError) -> MediaType {
        guard !isSchema1 else { throw ManifestDocument.schema1 }
        let kind = DocumentKind.manifest
        guard schemaVersion == 2 else { throw kind.refused("its schemaVersion is \(schemaVersion) and not 2") }
        guard manifests == nil || (layers == nil && config == nil) else {
            throw kind.refused("it has both manifests and layers, and could be read as an index or as an image")
        }
        let type = try agreed(contentType: contentType)
        guard type.isIndex || type.isManifest else { throw kind.refused("its type \(type) isn't an image's") }
        guard type.isIndex == (manifests != nil) else {
            throw kind.refused("its type \(type) doesn't fit its members")
        }
        return type
    }

    private func agreed(contentType: MediaType?) throws(ImageError) -> MediaType {
        let kind = DocumentKind.manifest
        guard let mediaType else { return contentType ?? (manifests == nil ? .ociManifest : .ociIndex) }
        guard let type = MediaType(mediaType) else {
            throw kind.refused("its mediaType \(PrintableText.quoted(mediaType)) isn't one")
        }
        guard contentType == nil || contentType == type else {
            throw kind.refused("it calls itself \(type) but was sent as \(contentType?.name ?? "")")
        }
        return type
    }

    func manifest(_ type: MediaType) throws(ImageError) -> Manifest {
        let kind = DocumentKind.manifest
        guard let config, let layers else { throw kind.refused("config or layers are missing") }
        guard layers.count <= Manifest.layersMax else {
            throw kind.refused("it has \(layers.count) layers, and at most \(Manifest.layersMax) are taken")
        }
        var checked: [Descriptor] = []
        for (index, layer) in layers.enumerated() { checked.append(try layer.checked(kind, "layer \(index + 1)")) }
        let configChecked = try config.checked(kind, "the config")
        guard configChecked.size <= ImageConfig.bytesMax else {
            throw kind.refused(
                "its config has \(configChecked.size) bytes, and at most \(ImageConfig.bytesMax) are taken")
        }
        return Manifest(mediaType: type, config: configChecked, layers: checked, annotations: annotations ?? [:])
    }

    func index(_ type: MediaType) throws(ImageError) -> ManifestIndex {
        let kind = DocumentKind.index
        let manifests = manifests ?? []
        guard manifests.count <= ManifestIndex.manifestsMax else {
            throw kind.refused("it has \(manifests.count) entries, and at most \(ManifestIndex.manifestsMax) are taken")
        }
        var checked: [Descriptor] = []
        for (index, entry) in manifests.enumerated() { checked.append(try entry.checked(kind, "entry \(index + 1)")) }
        return ManifestIndex(mediaType: type, manifests: checked, annotations: annotations ?? [:])
    }
}
