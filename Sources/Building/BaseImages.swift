// Resolves the names of base images: a stage of this build's repo, or an image of a registry; each once per build.
import Digests
package import Images
package import Registry
package import Stages

/// Stages of the build's own repo that Dockerfiles name as bases, `REPO:TAG` as dependencies give it.
package protocol OwnStages: Sendable {
    /// The image behind `name`; nil when the name is not one of the repo's.
    func image(named name: String) async throws -> BaseImage?
}

package final class BaseImages: Sendable {
    private let registry: RegistryClient
    private let own: any OwnStages
    private let platform: Platform
    private let flights = KeyedFlights<String>()
    private let known = KnownImages()

    package init(registry: RegistryClient, own: any OwnStages, platform: Platform) {
        self.registry = registry
        self.own = own
        self.platform = platform
    }

    /// The image that `name` stands for now. A tag is looked up once per build, so that all images of the build agree.
    package func image(named name: String) async throws -> BaseImage {
        try await flights.run(name) {
            if let image = await known.image(name) { return image }
            let image = try await resolve(name)
            await known.set(image, name)
            return image
        }
    }

    private func resolve(_ name: String) async throws -> BaseImage {
        if let image = try await own.image(named: name) { return image }
        let reference = try ImageReference(name)
        let resolved = try await registry.pullManifest(reference, platform: platform)
        return BaseImage(
            reference: reference, manifestDigest: resolved.manifestDigest, manifest: resolved.manifest,
            config: resolved.config)
    }
}

private actor KnownImages {
    private var images: [String: BaseImage] = [:]

    func image(_ name: String) -> BaseImage? { images[name] }

    func set(_ image: BaseImage, _ name: String) { images[name] = image }
}
