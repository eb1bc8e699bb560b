// Images in one tar, as `docker load` reads them: configurations, layers, and manifest.json that joins both.
import Digests
package import Images
import Layers
package import SystemPackage

package struct DockerArchive: Sendable {
    /// An image and its name in the archive.
    package struct Entry: Sendable {
        package let image: ExportedImage
        package let name: ImageReference

        package init(image: ExportedImage, name: ImageReference) {
            self.image = image
            self.name = name
        }
    }

    private let export: ImageExport

    package init(_ export: ImageExport) { self.export = export }

    /// Writes `entries` to `path`, which is replaced only when all is written.
    package func write(_ entries: [Entry], to path: FilePath) async throws {
        let output = try OutputFile(path)
        let archive = try unsafe FileArchive { try unsafe output.append($0) }
        var written: Set<String> = []
        for entry in entries {
            let config = entry.image.documents(.docker).config
            if written.insert(Self.name(config)).inserted {
                try archive.begin(Self.name(config), size: Int64(config.bytes.count))
                try archive.append(config.bytes)
            }
            for layer in entry.image.layers where written.insert(Self.name(layer)).inserted {
                let blob = try await export.blob(layer, of: entry.image)
                try archive.begin(Self.name(layer), size: layer.size)
                try PackedBlob.copy(layer, blob) { try archive.append($0) }
            }
        }
        let index = Array(Self.index(entries).utf8)
        try archive.begin("manifest.json", size: Int64(index.count))
        try archive.append(index)
        try archive.close()
        try output.finish()
    }

    /// Digests and references have no character that JSON would escape.
    private static func index(_ entries: [Entry]) -> String {
        let images = entries.map { entry in
            let layers = entry.image.layers.map { "\"" + name($0) + "\"" }.joined(separator: ",")
            let config = name(entry.image.documents(.docker).config)
            return "{\"Config\":\"\(config)\",\"RepoTags\":[\"\(familiar(entry.name))\"],\"Layers\":[\(layers)]}"
        }
        return "[" + images.joined(separator: ",") + "]\n"
    }

    /// Docker Hub's names in their short form, as Docker itself writes them.
    package static func familiar(_ reference: ImageReference) -> String {
        let name = reference.repository
        let tag = reference.tag ?? "latest"
        guard name.registry == RepositoryName.dockerHub else { return "\(name):\(tag)" }
        let official = "library/"
        return (name.path.hasPrefix(official) ? String(name.path.dropFirst(official.count)) : name.path) + ":" + tag
    }

    private static func name(_ config: EncodedDocument) -> String { config.digest.hex + ".json" }

    /// Readers unpack layers by their first bytes; the name is for people.
    private static func name(_ layer: Descriptor) -> String {
        let suffix =
            switch layer.mediaType.compression {
            case .gzip: ".tar.gz"
            case .zstd: ".tar.zst"
            case .some(.none), nil: ".tar"
            }
        return layer.digest.hex + suffix
    }
}
