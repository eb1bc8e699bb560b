// The images that were built here, as repos: a project's tags, with layers packed as registries have them.
import BlobStore
import Digests
import Images
import Layers
import SystemPackage

/// A local image names its layers by their tars, and has them as directories. What is served is a manifest made of it
/// once, with the compressed form of each layer; it is kept, so that one tag always has one digest.
struct ProjectImages: Sendable {
    let store: Store
    let files: RegistryFiles
    /// Threads that compress one layer.
    let cores: Int
    private let flights = SharedAnswers<BlobDigest, BlobDigest?>()

    /// A stage's tag with this end says that the stage is not to be used.
    private static let rejectedSuffix = "-rejected"

    init(store: Store, files: RegistryFiles, cores: Int) {
        (self.store, self.files, self.cores) = (store, files, cores)
    }

    /// Projects whose names no registry takes are left out.
    func repos() throws -> [RepoName] { try store.tags.projects().compactMap { RepoName($0) } }

    func contains(_ repo: RepoName) throws -> Bool { try store.tags.projects().contains(repo.text) }

    func tags(of repo: RepoName) throws -> [String] {
        guard !repo.text.contains("/") else { return [] }
        let all = Set(try store.tags.list(repo.text))
        return all.filter { !$0.hasSuffix(Self.rejectedSuffix) && !all.contains($0 + Self.rejectedSuffix) }.sorted()
    }

    func manifest(_ tag: String, of repo: RepoName) async throws -> StoredManifest? {
        guard let local = try localManifest(tag, of: repo) else { return nil }
        guard let served = try await flights.run(local, { try packed(local, of: repo) }) else { return nil }
        return try StoredManifest(store.blobs.read(served, atMost: Manifest.bytesMax), contentType: nil)
    }

    /// The digest that the tag's text gives in its first line.
    private func localManifest(_ tag: String, of repo: RepoName) throws -> BlobDigest? {
        guard !repo.text.contains("/"), tag.utf8.count + Self.rejectedSuffix.utf8.count <= ImageReference.tagBytesMax,
            try !store.tags.contains(tag + Self.rejectedSuffix, of: repo.text),
            let text = try store.tags.read(tag, of: repo.text),
            let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first,
            line.hasPrefix("manifest ")
        else { return nil }
        return BlobDigest(hex: line.dropFirst(9))
    }

    /// Nil when a part of the image is gone.
    private func packed(_ local: BlobDigest, of repo: RepoName) throws -> BlobDigest? {
        let folder = RepoFolder(repo, in: files)
        if let known = try folder.packed(local), folder.hasManifest(known), store.blobs.contains(known) { return known }
        do {
            let source = try StoredManifest(store.blobs.read(local, atMost: Manifest.bytesMax), contentType: nil)
            guard case .image(let manifest) = source.document else { return nil }
            let served = try packed(manifest, for: folder)
            try store.blobs.write(expecting: served.digest) { try $0.append(served.bytes) }
            try folder.addManifest(served.digest, served.mediaType)
            try folder.setPacked(local, served.digest)
            return served.digest
        } catch StoreError.absentBlob, StoreError.absentLayer, StoreError.notReproducible { return nil }
    }

    private func packed(_ manifest: Manifest, for folder: RepoFolder) throws -> EncodedDocument {
        let config = try ImageConfig(store.blobs.read(manifest.config.digest, atMost: ImageConfig.bytesMax))
        try manifest.check(config: config)
        var layers: [Descriptor] = []
        for (layer, diffID) in zip(manifest.layers, config.diffIDs) {
            let packed = try packed(layer, diffID)
            if packed.digest != layer.digest { try folder.setLayer(packed.digest, diffID) }
            layers.append(packed)
        }
        // Docker's form has no name for zstd.
        let isOCI = layers.contains { $0.mediaType.compression == .zstd }
        let served = layers.map { layer in
            Descriptor(mediaType: layer.mediaType.in(oci: isOCI), digest: layer.digest, size: layer.size)
        }
        let configType: MediaType = isOCI ? .ociConfig : .dockerConfig
        let known = Descriptor(mediaType: configType, digest: manifest.config.digest, size: manifest.config.size)
        for part in [known] + served { try folder.addBlob(part.digest) }
        return Manifest(mediaType: isOCI ? .ociManifest : .dockerManifest, config: known, layers: served).encoded()
    }

    private func packed(_ layer: Descriptor, _ diffID: BlobDigest) throws -> Descriptor {
        if let size = store.blobs.size(layer.digest) {
            return Descriptor(mediaType: layer.mediaType, digest: layer.digest, size: size)
        }
        let blob = try store.layers.compressed(diffID, cores: cores) { try Task.checkCancellation() }
        return Descriptor(mediaType: try type(of: blob.digest), digest: blob.digest, size: blob.byteCount)
    }

    /// RFC 1952, RFC 8878: by its first bytes, since the store knows blobs and not types.
    private func type(of blob: BlobDigest) throws -> MediaType {
        let file = try store.blobs.open(blob)
        let head = try file.closeAfter {
            try unsafe [UInt8](unsafeUninitializedCapacity: 4) { buffer, count in
                count = try unsafe file.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
        }
        if head.starts(with: [0x1F, 0x8B]) { return .dockerLayerGzip }
        return head == [0x28, 0xB5, 0x2F, 0xFD] ? .dockerLayerZstd : .dockerLayerTar
    }

    /// Makes a packed layer that was cleaned away once more: its digest, or nil when that can't be.
    func packAgain(_ diffID: BlobDigest) async throws -> BlobDigest? {
        try await flights.run(diffID) {
            do {
                return try store.layers.compressed(diffID, cores: cores) { try Task.checkCancellation() }.digest
            } catch StoreError.absentLayer, StoreError.notReproducible { return nil }
        }
    }
}

extension MediaType {
    /// The same layer's type in OCI's or Docker's words.
    fileprivate func `in`(oci isOCI: Bool) -> MediaType {
        switch compression {
        case .some(.none): isOCI ? .ociLayerTar : .dockerLayerTar
        case .gzip: isOCI ? .ociLayerGzip : .dockerLayerGzip
        case .zstd: isOCI ? .ociLayerZstd : .dockerLayerZstd
        case nil: self
        }
    }
}
