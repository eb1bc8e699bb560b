// Images of stages in a registry's repository; manifests are immutable, so each is fetched once per node.
package import BlobStore
import Building
package import Digests
package import Images
package import Registry
package import Stages

package struct RegistryImages: PublishedLayers, OwnStages {
    package var isLocal: Bool { false }

    private let client: RegistryClient
    private let repository: RepositoryName
    private let store: Store
    /// The folder of remembered tags; named by the repository's hash, since names may be longer than a file's.
    private let cache: String
    static let cachePrefix = "cache-"

    package init(client: RegistryClient, repository: RepositoryName, store: Store) {
        self.client = client
        self.repository = repository
        self.store = store
        cache = Self.cachePrefix + BlobDigest(of: Array(repository.description.utf8)).hex.prefix(32)
    }

    /// What is known of a stage; errors of the registry say whether it is gone or broken.
    func summary(_ id: StageID) async throws -> StageSummary {
        if let known = try remembered(id), store.blobs.contains(known.manifestDigest),
            store.blobs.contains(known.configDigest)
        {
            return known
        }
        return try await stored(id).summary
    }

    private func remembered(_ id: StageID) throws -> StageSummary? {
        guard let text = try store.tags.read(id.description, of: cache) else { return nil }
        return StageSummary(text: String(decoding: text, as: UTF8.self))
    }

    /// The image of a stage; errors are those of `summary`.
    func stored(_ id: StageID) async throws -> StoredImage {
        if let known = try remembered(id), let image = try? StoredImage.read(known.manifestDigest, from: store.blobs) {
            return image
        }
        let fetched = try await client.manifest(.tag(id.description), of: repository)
        guard case .image(let manifest) = try fetched.decoded() else {
            throw UnusableStage(description: "it is an index of images")
        }
        try await fetch(manifest.config)
        try store.blobs.write(expecting: fetched.digest) { try $0.append(fetched.bytes) }
        return try remember(id, fetched.digest)
    }

    /// The stage `id` has the manifest `digest`, which with its config is in the store.
    @discardableResult
    func remember(_ id: StageID, _ digest: BlobDigest) throws -> StoredImage {
        guard let image = try StoredImage.read(digest, from: store.blobs) else {
            throw PublishingError("the manifest of \(repository):\(id) vanished from \(store.root)")
        }
        _ = try store.tags.create(id.description, of: cache, Array(image.summary.text.utf8))
        return image
    }

    private func fetch(_ config: Descriptor) async throws {
        guard !store.blobs.contains(config.digest) else { return }
        guard config.size <= Int64(ImageConfig.bytesMax) else {
            throw UnusableStage(
                description: "its config has \(config.size) bytes, and at most \(ImageConfig.bytesMax) are taken")
        }
        var bytes: [UInt8] = []
        try await client.fetchBlob(config.digest, size: config.size, of: repository, restart: { bytes = [] }) {
            bytes += $0
        }
        try store.blobs.write(expecting: config.digest) { try $0.append(bytes) }
    }

    package func image(of stage: StageID) async throws -> BaseImage {
        guard let reference = ImageReference(repository, tag: stage.description) else {
            throw PublishingError("\(stage) is no tag")
        }
        return try await stored(stage).base(reference)
    }

    package func image(named name: String) async throws -> BaseImage? {
        guard let reference = try? ImageReference(name), let id = stage(reference) else { return nil }
        return try await image(of: id)
    }

    package func stage(_ reference: ImageReference) -> StageID? {
        reference.repository == repository ? reference.tag.flatMap { StageID(tag: $0) } : nil
    }
}

/// What bears a stage's name is no stage.
struct UnusableStage: Error, CustomStringConvertible {
    let description: String
}
