// An image that a Dockerfile builds, as one name of one document of werf.yaml asks for it.
package import Images

package struct DockerfileImage: Sendable, Equatable {
    /// "" for the nameless image.
    package internal(set) var name: String
    /// False for an intermediate image: not exported to the final repo.
    package var final = true
    /// The image's own cache version, or the project's: one replaces the other.
    package var cacheVersion = ""
    /// Never empty: the forced platforms, the image's, the project's, or the host's.
    package var platforms: [Platform] = []
    /// Relative to `context`, cleaned ("./a//b" is "a/b").
    package var dockerfile: String
    /// Relative to the project's root, cleaned; "" is the root itself.
    package var context = ""
    /// Files outside git that join the context: relative to `context`, cleaned, in the order of the file.
    package var contextAddFiles: [String] = []
    /// nil: the last stage of the Dockerfile.
    package var target: String?
    /// Ordered by key; values as Go's fmt prints the YAML scalar.
    package var args: [BuildArgument] = []
    /// `host:ip`, as written.
    package var addHost: [String] = []
    package var network: String?
    package var secrets: [Secret] = []
    package var staged = false
    package var dependencies: [Dependency] = []
    package var location: ConfigLocation

    package init(name: String, dockerfile: String, location: ConfigLocation) {
        self.name = name
        self.dockerfile = dockerfile
        self.location = location
    }

    /// How werf's messages call the image: "~" when it has no name.
    package var displayName: String { name.isEmpty ? "~" : name }
}

package struct BuildArgument: Sendable, Hashable {
    package let name: String
    package let value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// A build secret. Its value is never read here, except for `value`, which werf.yaml itself holds.
package struct Secret: Sendable, Hashable {
    package enum Source: Sendable, Hashable {
        /// The name of an environment variable.
        case environment(String)
        /// A file's path; absolute when the caller told its home and project folders.
        case file(String)
        case value(String)
    }

    /// Unique in its image.
    package let id: String
    package let source: Source

    package init(id: String, source: Source) {
        self.id = id
        self.source = source
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A value written in werf.yaml must not reach a log.
    package var description: String {
        switch source {
        case .environment(let name): "secret \(id) from the environment variable \(name)"
        case .file(let path): "secret \(id) from the file \(path)"
        case .value: "secret \(id) with a value"
        }
    }

    package var debugDescription: String { description }

    package var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}

/// "This image is built after `image`, and learns its name."
package struct Dependency: Sendable, Hashable {
    package enum ImportType: String, Sendable, Hashable, CaseIterable {
        case imageName = "ImageName"
        case imageTag = "ImageTag"
        case imageRepo = "ImageRepo"
        case imageID = "ImageID"
        case imageDigest = "ImageDigest"
    }

    package struct Import: Sendable, Hashable {
        package let type: ImportType
        /// Unique over all dependencies and args of the image.
        package let targetBuildArg: String

        package init(type: ImportType, targetBuildArg: String) {
            self.type = type
            self.targetBuildArg = targetBuildArg
        }
    }

    package let image: String
    package let imports: [Import]

    package init(image: String, imports: [Import]) {
        self.image = image
        self.imports = imports
    }
}
