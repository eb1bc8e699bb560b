// A directory of images as the OCI image layout says (image-spec, image-layout.md): oci-layout, index.json, blobs.
import Digests
import Glibc
import Images
import Layers
package import SystemPackage

// Safety: paths are passed to system calls for the length of the call only.

package struct OCILayout: Sendable {
    /// An image and its name in the layout.
    package struct Entry: Sendable {
        package let image: ExportedImage
        /// `org.opencontainers.image.ref.name`
        package let name: String

        package init(image: ExportedImage, name: String) {
            self.image = image
            self.name = name
        }
    }

    private let export: ImageExport
    private let directory: FilePath

    private static let nameKey = "org.opencontainers.image.ref.name"
    private static let version = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)
    /// Bytes of a known layout's index.
    private static let indexBytesMax = Manifest.bytesMax

    package init(_ export: ImageExport, at directory: FilePath) {
        self.export = export
        self.directory = directory
    }

    /// Adds `entries` to the layout, which is made where there is none; an image of the same name is replaced. Whoever
    /// reads meanwhile sees the index before or after: it is written last.
    package func write(_ entries: [Entry]) async throws {
        let before = try knownIndex()
        for path in [directory, directory.appending("blobs"), blobs] { try Self.makeDirectory(path) }
        var added: [Descriptor] = []
        for entry in entries { added.append(try await write(entry)) }
        let names = Set(entries.map(\.name))
        let kept = before.filter { !names.contains($0.annotations[Self.nameKey] ?? "") }
        try write(Self.version, to: directory.appending("oci-layout"))
        try write(
            ManifestIndex(mediaType: .ociIndex, manifests: kept + added).encoded().bytes,
            to: directory.appending("index.json"))
    }

    private var blobs: FilePath { directory.appending("blobs").appending("sha256") }

    private func write(_ entry: Entry) async throws -> Descriptor {
        for layer in entry.image.layers where !exists(layer.digest) {
            let blob = try await export.blob(layer, of: entry.image)
            let output = try OutputFile(blobs.appending(layer.digest.hex))
            try PackedBlob.copy(layer, blob) { try output.append($0) }
            try output.finish()
        }
        let (config, manifest) = entry.image.documents(.oci)
        for document in [config, manifest] where !exists(document.digest) {
            try write(document.bytes, to: blobs.appending(document.digest.hex))
        }
        return Descriptor(
            mediaType: manifest.mediaType, digest: manifest.digest, size: Int64(manifest.bytes.count),
            platform: entry.image.config.platform, annotations: [Self.nameKey: entry.name])
    }

    private func exists(_ digest: BlobDigest) -> Bool {
        var status = stat()
        return unsafe stat(blobs.appending(digest.hex).string, &status) == 0
    }

    private func write(_ bytes: [UInt8], to path: FilePath) throws {
        let output = try OutputFile(path)
        try output.append(bytes)
        try output.finish()
    }

    // MARK: What is there

    /// The images of a layout that is there already; nothing else is written into.
    private func knownIndex() throws -> [Descriptor] {
        var status = stat()
        guard unsafe stat(directory.string, &status) == 0 else { return [] }
        guard try !Directory(directory).names().isEmpty else { return [] }
        guard unsafe stat(directory.appending("oci-layout").string, &status) == 0 else {
            throw PublishingError("\(directory) has files and is no OCI layout: name an empty or a new directory")
        }
        let path = directory.appending("index.json")
        guard unsafe stat(path.string, &status) == 0 else { return [] }
        guard case .index(let index) = try ManifestDocument(Self.read(path), contentType: nil) else {
            throw PublishingError("\(path) is no index of images")
        }
        return index.manifests
    }

    private static func read(_ path: FilePath) throws -> [UInt8] {
        let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
        let blob = OwnedBlob(file)
        let bytes = try blob.read(0, indexBytesMax + 1)
        guard bytes.count <= indexBytesMax else {
            throw PublishingError("\(path) has more than \(indexBytesMax) bytes")
        }
        return bytes
    }

    private static func makeDirectory(_ path: FilePath) throws {
        guard unsafe mkdir(path.string, 0o755) == 0 || errno == EEXIST else {
            throw PublishingError("make the directory \(path): \(Errno(rawValue: errno))")
        }
    }
}
