// Everything that the stages of one Dockerfile image are made from.
package import Dockerfiles
package import Images
package import Projects

package struct ImageRecipe: Sendable {
    package let image: DockerfileImage
    package let dockerfile: Dockerfile
    package let platform: Images.Platform
    /// Values that dependencies give to build arguments; they go before `args`.
    package let dependencyArguments: [String: String]
    /// Whether a staged image begins with a FROM stage (werf's `v2`).
    package let hasFromStage: Bool

    package init(
        image: DockerfileImage, dockerfile: Dockerfile, platform: Images.Platform,
        dependencyArguments: [String: String] = [:], hasFromStage: Bool = false
    ) {
        self.image = image
        self.dockerfile = dockerfile
        self.platform = platform
        self.dependencyArguments = dependencyArguments
        self.hasFromStage = hasFromStage
    }

    /// `args` of werf.yaml by name.
    var buildArguments: [String: String] {
        Dictionary(image.args.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    }

    /// All values given from outside.
    var givenArguments: [String: String] {
        buildArguments.merging(dependencyArguments) { $1 }
    }

    /// The platform as digests have it: linux/amd64 stays out.
    var platformInDigests: String? {
        let text = platform.description
        return text == "linux/amd64" ? nil : text
    }
}

/// What goes into digests for files of the build context. Paths and patterns are relative to the context.
package protocol ContextNames: Sendable {
    /// werf's checksum for COPY and ADD of an unstaged image (werf.md 2.5).
    func unstagedChecksum(sources: [String]) throws -> String
    /// werf's SourcesChecksum of a staged image (werf.md 2.6): `globs` match or it is an error.
    func stagedChecksum(globs: [String]) throws -> String
    /// werf's SourcesChecksum of bind mounts of a staged image.
    func stagedChecksum(paths: [String]) throws -> String
    /// Names every file that the patterns take by path, mode and content, for the steps' own cache.
    func contentName(patterns: [String]) throws -> String
}

/// Gives what goes wrong in `body` its place in the Dockerfile, unless it has one.
func placed<Value>(_ place: String, _ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch  where !(error is StagingError || error is CancellationError) {
        throw StagingError(place: place, reason: "\(error)")
    }
}

/// What stands in the way of turning a Dockerfile into stages.
package struct StagingError: Error, Sendable, CustomStringConvertible {
    package let place: String
    package let reason: String

    package init(place: String, reason: String) {
        self.place = place
        self.reason = reason
    }

    package var description: String { place.isEmpty ? reason : "\(place): \(reason)" }
}
