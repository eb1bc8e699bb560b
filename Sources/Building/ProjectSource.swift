// Opens the images of a project for a coordinator: reads their Dockerfiles, names them, and turns them into stages.
import Digests
package import Images
import Mesh
import Projects
package import Stages

package struct ProjectSource: ImageSource {
    private let images: ImageTable
    private let bases: BaseImages
    private let remotes: RemoteFiles
    private let platform: Platform
    private let hasFromStage: Bool

    /// Rounds of looking for base images: a base's ONBUILD may name others, and theirs again.
    private static let baseRoundsMax = 32

    package init(
        images: ImageTable, bases: BaseImages, remotes: RemoteFiles, platform: Platform, hasFromStage: Bool
    ) {
        self.images = images
        self.bases = bases
        self.remotes = remotes
        self.platform = platform
        self.hasFromStage = hasFromStage
    }

    package func name(image: Int, arguments: [String: String]) async throws -> NameRule {
        if arguments.isEmpty, let ahead = images.nameAhead(of: image) {
            let context = try images.context(of: image)
            // Otherwise it is named once more, to say where the error is.
            if ahead.sources.allSatisfy(context.isCommitted) { return ahead.rule }
        }
        return try UnstagedName.rule(recipe(image, arguments), names: images.context(of: image))
    }

    /// Names an unstaged image that depends on no other before anybody asks, and before it is known whether its context is
    /// committed. What goes wrong is told by who asks.
    package func nameAhead(image: Int) {
        guard let context = try? images.context(of: image) else { return }
        let names = NamesAhead(context)
        guard let rule = try? UnstagedName.rule(recipe(image, [:]), names: names) else { return }
        images.keep(ImageTable.NameAhead(rule: rule, sources: names.sources), of: image)
    }

    package func lower(image: Int, arguments: [String: String]) async throws -> LoweredImage {
        let recipe = try recipe(image, arguments)
        let context = try images.context(of: image)
        var known: [String: BaseImage] = [:]
        for _ in 0..<Self.baseRoundsMax {
            let missing = try DockerfileLowering.missingBases(recipe, known: known)
            guard !missing.isEmpty else {
                return try await lower(recipe, known, context, image)
            }
            for name in missing { known[name] = try await bases.image(named: name) }
        }
        throw BuildingError(
            "\(images.dockerfilePath(image)): its base images name further images in ONBUILD more than "
                + "\(Self.baseRoundsMax) times in a row")
    }

    /// The Dockerfile stages of an image. What its dependencies will give is not known yet: any value is as good.
    package func outline(image: Int) throws -> ImageOutline {
        let imports = images.image(image).dependencies.flatMap(\.imports)
        let arguments = Dictionary(imports.map { ($0.targetBuildArg, "dependency") }) { $1 }
        return try DockerfileLowering.outline(recipe(image, arguments))
    }

    /// Where files of the web count in the names of steps, they are fetched first.
    private func lower(
        _ recipe: ImageRecipe, _ bases: [String: BaseImage], _ context: ImageContext, _ image: Int
    ) async throws -> LoweredImage {
        let first = try DockerfileLowering.lower(recipe, bases: bases, names: context, imageNumber: image)
        guard !first.unknownRemotes.isEmpty else { return first }
        var contents: [String: BlobDigest] = [:]
        for use in first.unknownRemotes where contents[use.url] == nil {
            do {
                contents[use.url] = try await remotes.file(use.url, checksum: nil).digest
            } catch  where !(error is CancellationError) {
                throw BuildingError("\(use.place): \(error)")
            }
        }
        return try DockerfileLowering.lower(
            recipe, bases: bases, remotes: contents, names: context, imageNumber: image)
    }

    private func recipe(_ image: Int, _ arguments: [String: String]) throws -> ImageRecipe {
        ImageRecipe(
            image: images.image(image), dockerfile: try images.dockerfile(image), platform: platform,
            dependencyArguments: arguments, hasFromStage: hasFromStage)
    }
}
