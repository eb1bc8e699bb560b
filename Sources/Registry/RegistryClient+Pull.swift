// From a reference to a checked image: index, manifest, config.
package import Digests
package import Images

/// An image of one platform, all of its documents checked against their digests and each other.
package struct ResolvedImage: Hashable, Sendable {
    package let repository: RepositoryName
    /// What the tag names: the index's digest where there is an index.
    package let rootDigest: BlobDigest
    package let manifest: Manifest
    package let manifestBytes: [UInt8]
    package let manifestDigest: BlobDigest
    package let config: ImageConfig
    package let configBytes: [UInt8]
}

extension RegistryClient {
    /// Resolves `reference` for `platform`; layers are not fetched.
    ///
    /// A tag with a plain manifest is taken whatever its platform is, as Docker takes it: compare
    /// `config.platform`. A part that another part names and that is missing is an error that `isBroken`.
    package func pullManifest(_ reference: ImageReference, platform: Platform) async throws -> ResolvedImage {
        let repository = reference.repository
        let asked = Asked(what: "get the image \(reference)", host: repository.registry)
        let root = try await manifest(ManifestTarget(reference), of: repository)
        let fetched: FetchedManifest
        let manifest: Manifest
        do {
            switch try root.decoded() {
            case .image(let image): (fetched, manifest) = (root, image)
            case .index(let index):
                (fetched, manifest) = try await self.manifest(try index.manifest(for: platform), repository, asked)
            }
            try manifest.checkIsImage()
            let configBytes = try await document(manifest.config, of: repository, asked)
            let config = try ImageConfig(configBytes)
            try manifest.check(config: config)
            return ResolvedImage(
                repository: repository, rootDigest: root.digest, manifest: manifest, manifestBytes: fetched.bytes,
                manifestDigest: fetched.digest, config: config, configBytes: configBytes)
        } catch let error as ImageError {
            throw asked.unusable(error)
        }
    }

    /// The manifest that an index names: its type and size have to be what the index says.
    private func manifest(
        _ entry: Descriptor, _ repository: RepositoryName, _ asked: Asked
    ) async throws -> (FetchedManifest, Manifest) {
        let fetched: FetchedManifest
        do {
            fetched = try await manifest(.digest(entry.digest), of: repository)
        } catch let error as RegistryError where error.isNotFound {
            throw RegistryError(
                .broken, asked, status: error.status, codes: error.codes,
                reason: "its index names the manifest \(entry.digest), and there is none")
        }
        let document = try ManifestDocument(fetched.bytes, contentType: fetched.mediaType ?? entry.mediaType)
        guard case .image(let manifest) = document, manifest.mediaType == entry.mediaType,
            Int64(fetched.bytes.count) == entry.size
        else {
            throw RegistryError(
                .broken, asked, reason: "its index and the manifest \(entry.digest) differ in type or size")
        }
        return (fetched, manifest)
    }

    /// A small blob, whole and verified.
    private func document(_ blob: Descriptor, of repository: RepositoryName, _ asked: Asked) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        try await fetchBlob(blob.digest, size: blob.size, of: repository, restart: { bytes = [] }) { bytes += $0 }
        return bytes
    }
}
