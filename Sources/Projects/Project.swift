// A project as its werf.yaml describes it: checked values, ready for staging.
package import Images

/// What one reading of werf.yaml gave. Every reference in it is known to resolve; `images` has no cycles.
package struct Project: Sendable, Equatable {
    /// `project` of the meta document, or the name that the caller put in its place. At most 50 characters.
    package let name: String
    /// Always 1 in the present format.
    package let configVersion: Int
    package let meta: ProjectMeta
    /// In the order of the file; a document with a list of names gives one value per name.
    package let images: [DockerfileImage]
    /// The file after its templates were executed.
    package let rendered: String
    /// The path that was read, relative to the project's root.
    package let configPath: String
    /// In `images`, by name; the first of equal names.
    private let places: [String: Int]

    package init(
        name: String, configVersion: Int = 1, meta: ProjectMeta = ProjectMeta(), images: [DockerfileImage],
        rendered: String = "", configPath: String = "werf.yaml"
    ) {
        self.name = name
        self.configVersion = configVersion
        self.meta = meta
        self.images = images
        self.rendered = rendered
        self.configPath = configPath
        places = Dictionary(images.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    package func image(named name: String) -> DockerfileImage? { places[name].map { images[$0] } }
}

/// The part of the meta document that matters to building and publishing.
package struct ProjectMeta: Sendable, Equatable {
    /// `build.cacheVersion`: the default of images that have none; "" when absent.
    package var cacheVersion = ""
    /// `build.platform`, normalised; empty when absent.
    package var platforms: [Platform] = []
    /// `build.staged`: the default of images that don't say.
    package var staged = false
    /// `cleanup.disable`
    package var cleanupDisabled = false
    /// `cleanup.disableGitHistoryBasedPolicy`: true also stops the publishing of commit metadata tags.
    package var gitHistoryBasedCleanupDisabled = false
    /// `gitWorktree.forceShallowClone`
    package var forceShallowClone = false
    /// `gitWorktree.allowUnshallow`
    package var allowUnshallow = true
    /// `gitWorktree.allowFetchOriginBranchesAndTags`
    package var allowFetchOriginBranchesAndTags = true

    package init() {}
}
