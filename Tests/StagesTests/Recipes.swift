// Recipes from Dockerfile text, and names of files that are fixed texts, for tests of staging.
import Digests
import Dockerfiles
import Images
import Projects
import Stages

func recipe(
    _ text: String, staged: Bool = false, args: [String: String] = [:], target: String? = nil,
    platform: Images.Platform = Images.Platform(os: "linux", architecture: "amd64"), fromStage: Bool = false,
    dependencyArguments: [String: String] = [:], cacheVersion: String = "", addHost: [String] = [],
    network: String? = nil, secrets: [String] = []
) throws -> ImageRecipe {
    var image = DockerfileImage(
        name: "app", dockerfile: "Dockerfile", location: ConfigLocation(file: "werf.yaml", line: 1))
    image.staged = staged
    image.target = target
    image.cacheVersion = cacheVersion
    image.addHost = addHost
    image.network = network
    image.secrets = secrets.map { Secret(id: $0, source: .value("")) }
    image.args = args.sorted { $0.key < $1.key }.map { BuildArgument(name: $0.key, value: $0.value) }
    return ImageRecipe(
        image: image, dockerfile: try Dockerfile.parse(text, name: "Dockerfile"), platform: platform,
        dependencyArguments: dependencyArguments, hasFromStage: fromStage)
}

/// Answers every question about files with one fixed text, so that digests can be computed by hand.
struct FixedNames: ContextNames {
    var checksum = "checksum"

    func unstagedChecksum(sources: [String]) -> String { checksum }
    func stagedChecksum(globs: [String]) -> String { checksum }
    func stagedChecksum(paths: [String]) -> String { checksum }
    func contentName(patterns: [String]) -> String { patterns.joined(separator: ",") }
}

func base(_ name: String, _ edit: (inout ImageConfig) -> Void = { _ in }) throws -> BaseImage {
    var config = ImageConfig(platform: Images.Platform(os: "linux", architecture: "amd64"))
    edit(&config)
    let encoded = config.encoded()
    let manifest = Manifest(mediaType: .dockerManifest, config: encoded.descriptor, layers: [])
    return BaseImage(
        reference: try ImageReference(name), manifestDigest: manifest.encoded().digest, manifest: manifest,
        config: config)
}

/// The stages of `recipe`, on bases with nothing in them unless they are given.
func lower(_ recipe: ImageRecipe, bases given: [String: BaseImage] = [:]) throws -> LoweredImage {
    var bases = given
    while true {
        let missing = try DockerfileLowering.missingBases(recipe, known: bases)
        if missing.isEmpty { break }
        for name in missing { bases[name] = try base(name) }
    }
    return try DockerfileLowering.lower(recipe, bases: bases, names: FixedNames(), imageNumber: 0)
}

/// What lowering says of a Dockerfile that it refuses; empty when it doesn't.
func refusal(_ text: String, staged: Bool = false, secrets: [String] = []) -> String {
    do {
        _ = try lower(recipe(text, staged: staged, secrets: secrets))
        return ""
    } catch {
        return "\(error)"
    }
}
