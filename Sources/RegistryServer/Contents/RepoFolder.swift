// Where the links of one repo lie: `registry/REPO/_tags/TAG` and the like; no part of a repo's name begins with `_`.
import Digests
import Images
import SystemPackage

struct RepoFolder: Sendable {
    private let files: RegistryFiles
    private let path: FilePath

    private static let tagsName = "_tags"
    private static let manifestsName = "_manifests"
    private static let seenName = "_seen"

    init(_ repo: RepoName, in files: RegistryFiles) {
        self.files = files
        path = repo.parts.reduce(files.root) { $0.appending($1) }
    }

    var exists: Bool {
        files.contains(path.appending(Self.tagsName)) || files.contains(path.appending(Self.manifestsName))
    }

    // MARK: Tags

    /// That were pushed: `sha256:…` of the manifest.
    func tag(_ tag: String) throws -> BlobDigest? { try files.read(tagPath(tag)).flatMap { BlobDigest($0) } }
    func setTag(_ tag: String, _ digest: BlobDigest) throws { try files.write(digest.description, to: tagPath(tag)) }
    func removeTag(_ tag: String) throws -> Bool { try files.remove(tagPath(tag)) }
    func tags() throws -> [String] { try files.names(path.appending(Self.tagsName)) ?? [] }
    private func tagPath(_ tag: String) -> FilePath { path.appending(Self.tagsName).appending(tag) }

    /// The same of tags that were asked for elsewhere.
    func seenTag(_ tag: String) throws -> BlobDigest? { try files.read(seenPath(tag)).flatMap { BlobDigest($0) } }
    func setSeenTag(_ tag: String, _ digest: BlobDigest) throws {
        try files.write(digest.description, to: seenPath(tag))
    }
    func seenTags() throws -> [String] { try files.names(path.appending(Self.seenName)) ?? [] }
    private func seenPath(_ tag: String) -> FilePath { path.appending(Self.seenName).appending(tag) }

    // MARK: Manifests

    func hasManifest(_ digest: BlobDigest) -> Bool { files.contains(manifestPath(digest)) }
    /// The type that it was sent as, which its bytes need not say.
    func manifestType(_ digest: BlobDigest) throws -> MediaType? {
        try files.read(manifestPath(digest)).flatMap { MediaType($0) }
    }
    func addManifest(_ digest: BlobDigest, _ type: MediaType) throws {
        try files.write(type.name, to: manifestPath(digest))
    }
    func removeManifest(_ digest: BlobDigest) throws -> Bool { try files.remove(manifestPath(digest)) }
    func manifests() throws -> [BlobDigest] {
        try (files.names(path.appending(Self.manifestsName)) ?? []).compactMap { BlobDigest(hex: $0) }
    }
    private func manifestPath(_ digest: BlobDigest) -> FilePath {
        path.appending(Self.manifestsName).appending(digest.hex)
    }

    /// Of a manifest that names layers by their tars: the one that is served in its stead.
    func packed(_ local: BlobDigest) throws -> BlobDigest? {
        try files.read(packedPath(local)).flatMap { BlobDigest($0) }
    }
    func setPacked(_ local: BlobDigest, _ digest: BlobDigest) throws {
        try files.write(digest.description, to: packedPath(local))
    }
    /// All that are served in the stead of another.
    func packed() throws -> [BlobDigest] {
        let folder = path.appending("_packed")
        return try (files.names(folder) ?? []).compactMap { BlobDigest(hex: $0).flatMap { try? packed($0) } }
    }
    private func packedPath(_ local: BlobDigest) -> FilePath { path.appending("_packed").appending(local.hex) }

    // MARK: Blobs

    func hasBlob(_ digest: BlobDigest) -> Bool { files.contains(blobPath(digest)) }
    func addBlob(_ digest: BlobDigest) throws { try files.mark(blobPath(digest)) }
    func removeBlob(_ digest: BlobDigest) throws -> Bool { try files.remove(blobPath(digest)) }
    func blobs() throws -> [BlobDigest] {
        try (files.names(path.appending("_blobs")) ?? []).compactMap { BlobDigest(hex: $0) }
    }
    /// Unix seconds at which the blob was pushed.
    func blobTime(_ digest: BlobDigest) -> Int64? { files.modified(blobPath(digest)) }
    private func blobPath(_ digest: BlobDigest) -> FilePath { path.appending("_blobs").appending(digest.hex) }

    /// Of a packed layer: the layer, from which it can be made again.
    func layer(_ digest: BlobDigest) throws -> BlobDigest? {
        try files.read(layerPath(digest)).flatMap { BlobDigest($0) }
    }
    func setLayer(_ digest: BlobDigest, _ diffID: BlobDigest) throws {
        try files.write(diffID.description, to: layerPath(digest))
    }
    private func layerPath(_ digest: BlobDigest) -> FilePath { path.appending("_layers").appending(digest.hex) }

    // MARK: Referrers

    func referrers(of subject: BlobDigest) throws -> [BlobDigest] {
        try (files.names(referrersPath(subject)) ?? []).compactMap { BlobDigest(hex: $0) }
    }
    func addReferrer(_ digest: BlobDigest, of subject: BlobDigest) throws {
        try files.mark(referrersPath(subject).appending(digest.hex))
    }
    func removeReferrer(_ digest: BlobDigest, of subject: BlobDigest) throws {
        _ = try files.remove(referrersPath(subject).appending(digest.hex))
    }
    private func referrersPath(_ subject: BlobDigest) -> FilePath {
        path.appending("_referrers").appending(subject.hex)
    }
}
