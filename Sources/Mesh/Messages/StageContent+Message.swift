// What a stage stands on, and base images, as messages: documents travel as they are stored, and are parsed anew.
import Digests
import Images
import Stages

extension StageContent: Message {
    package func write(to fields: inout FieldWriter) {
        switch root {
        case .scratch: break
        case .base(let base): fields.message(1, base)
        case .published(let id): fields.message(2, id)
        }
        fields.messages(3, layers)
        fields.messages(4, changes)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        let base: BaseImage? = try fields.optionalMessage(1, "base")
        let published: StageID? = try fields.optionalMessage(2, "published")
        guard base == nil || published == nil else { throw MessageError("published", .invalid("stands beside a base")) }
        let root: ContentRoot = base.map { .base($0) } ?? published.map { .published($0) } ?? .scratch
        self.init(
            root: root, layers: try fields.messages(3, "layers", max: Manifest.layersMax),
            changes: try fields.messages(4, "changes"))
    }
}

extension BaseImage: Message {
    package func write(to fields: inout FieldWriter) {
        fields.text(1, reference.text)
        fields.digest(2, manifestDigest)
        fields.text(3, manifest.mediaType.name)
        fields.data(4, manifest.encoded().bytes)
        fields.data(5, config.encoded().bytes)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        let text = try fields.text(1, "reference", max: ImageReference.bytesMax)
        let digest = try fields.blobDigest(2, "manifestDigest")
        let type = try fields.text(3, "mediaType", max: MediaType.bytesMax)
        let manifestBytes = try fields.data(4, "manifest", max: Manifest.bytesMax)
        let configBytes = try fields.data(5, "config", max: ImageConfig.bytesMax)
        let reference = try Self.parse("reference") { () throws(ImageError) in try ImageReference(text) }
        let document = try Self.parse("manifest") { () throws(ImageError) in
            try ManifestDocument(manifestBytes, contentType: MediaType(type))
        }
        guard case .image(let manifest) = document else {
            throw MessageError("manifest", .invalid("is that of an index"))
        }
        let config = try Self.parse("config") { () throws(ImageError) in try ImageConfig(configBytes) }
        try Self.parse("manifest") { () throws(ImageError) in try manifest.check(config: config) }
        self.init(reference: reference, manifestDigest: digest, manifest: manifest, config: config)
    }

    private static func parse<Value>(
        _ name: String, _ body: () throws(ImageError) -> Value
    ) throws(MessageError) -> Value {
        do throws(ImageError) { return try body() } catch { throw MessageError(name, .invalid("isn't one: \(error)")) }
    }
}
