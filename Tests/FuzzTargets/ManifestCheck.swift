// Manifests, indexes, configs and names of images: what was read and written is read as the same, and written alike.
import Images

func checkManifest(_ bytes: [UInt8]) throws(BrokenProperty) {
    try checkDocument(bytes)
    try checkConfig(bytes)
    // Names are short: longer texts are refused before anything looks at them.
    guard bytes.count <= 2 * ImageReference.bytesMax else { return }
    try checkNames(String(decoding: bytes, as: UTF8.self))
}

private func checkDocument(_ bytes: [UInt8]) throws(BrokenProperty) {
    let document: ManifestDocument
    do throws(ImageError) {
        document = try ManifestDocument(bytes, contentType: nil)
    } catch {
        return try require(!error.description.isEmpty, "no reason")
    }
    let encoded: EncodedDocument
    switch document {
    case .image(let manifest):
        encoded = manifest.encoded()
        _ = try? manifest.checkIsImage()
    case .index(let index):
        encoded = index.encoded()
        _ = try? index.manifest(for: Platform(os: "linux", architecture: "arm", variant: "v7"))
    }
    guard let again = try? ManifestDocument(encoded.bytes, contentType: encoded.mediaType) else {
        throw BrokenProperty(description: "written, it is refused: \(String(decoding: encoded.bytes, as: UTF8.self))")
    }
    try require(again == withoutLostAnnotations(document), "written and read, it is another document")
}

/// Docker's form has none at the top.
private func withoutLostAnnotations(_ document: ManifestDocument) -> ManifestDocument {
    switch document {
    case .image(let manifest) where manifest.mediaType == .dockerManifest:
        .image(Manifest(mediaType: manifest.mediaType, config: manifest.config, layers: manifest.layers))
    case .index(let index) where index.mediaType == .dockerIndex:
        .index(ManifestIndex(mediaType: index.mediaType, manifests: index.manifests))
    case .image, .index: document
    }
}

private func checkConfig(_ bytes: [UInt8]) throws(BrokenProperty) {
    let config: ImageConfig
    do throws(ImageError) {
        config = try ImageConfig(bytes)
    } catch {
        return try require(!error.description.isEmpty, "no reason")
    }
    let encoded = config.encoded()
    guard let again = try? ImageConfig(encoded.bytes) else {
        throw BrokenProperty(description: "written, it is refused: \(String(decoding: encoded.bytes, as: UTF8.self))")
    }
    // Not the values: empty and absent are written alike.
    try require(again.encoded() == encoded, "written and read, it is another config")
}

private func checkNames(_ text: String) throws(BrokenProperty) {
    if let reference = try? ImageReference(text) {
        try require((try? ImageReference(reference.normal)) == reference, "\(reference.normal) is another name")
        try require(reference.normal.utf8.count <= ImageReference.bytesMax + 64, "the name grew: \(reference.normal)")
    }
    if let name = try? RepositoryName(text) {
        try require((try? RepositoryName(name.description)) == name, "\(name) is another repository")
    }
    if let type = MediaType(text) { try require(MediaType(type.name) == type, "\(type) is another type") }
    if let platform = try? Platform(text) {
        try require((try? Platform(platform.description)) == platform, "\(platform) is another platform")
        try require(platform.distance(to: platform) == 0, "\(platform) does not run on itself")
    }
}
