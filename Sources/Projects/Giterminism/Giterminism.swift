// werf-giterminism.yaml: what a build may take from outside the commit. Everything not named here is refused.

package struct Giterminism: Sendable {
    /// `cli.allowCustomTags`
    package private(set) var allowsCustomTags = false
    /// `config.allowUncommitted`
    package private(set) var allowsUncommittedConfig = false
    /// `config.stapel.allowFromLatest`
    package private(set) var allowsFromLatest = false
    /// `config.stapel.git.allowBranch`
    package private(set) var allowsGitBranch = false
    /// `config.stapel.mount.allowBuildDir`
    package private(set) var allowsMountOfBuildDirectory = false
    /// `includes.allowIncludesUpdate`
    package private(set) var allowsIncludesUpdate = false

    private var environmentVariables = NameRules()
    private var secretEnvironmentVariables: Set<String> = []
    private var secretFiles: [String] = []
    private var secretValueIDs: Set<String> = []
    private var uncommittedTemplates = PathGlobs()
    private var uncommittedTemplateFiles = PathGlobs()
    private var mountPaths = PathGlobs()
    private var uncommittedDockerfiles = PathGlobs()
    private var uncommittedIgnoreFiles = PathGlobs()
    private var contextAddFiles = PathGlobs()
    private var uncommittedHelmFiles = PathGlobs()

    /// Nothing is allowed: what holds without a file.
    package init() {}

    /// `env NAME` in templates. A `/REGEX/` is searched for as `^REGEX$`, so `/a|b/` is `^a` or `b$`, as in werf.
    package func allowsEnvironmentVariable(_ name: String) -> Bool { environmentVariables.match(name) }
    package func allowsSecretEnvironmentVariable(_ name: String) -> Bool { secretEnvironmentVariables.contains(name) }
    package func allowsSecretValue(_ id: String) -> Bool { secretValueIDs.contains(id) }
    /// A file outside git, by its path from the project's root, in a Dockerfile's context.
    package func allowsContextAddFile(_ path: String) -> Bool { contextAddFiles.match(path) }
    /// A template under .werf that differs from the commit; by its path from the project's root.
    package func allowsUncommittedTemplate(_ path: String) -> Bool { uncommittedTemplates.match(path) }
    /// A file read by `.Files` that differs from the commit.
    package func allowsUncommittedTemplateFile(_ path: String) -> Bool { uncommittedTemplateFiles.match(path) }
    package func allowsUncommittedDockerfile(_ path: String) -> Bool { uncommittedDockerfiles.match(path) }
    package func allowsUncommittedIgnoreFile(_ path: String) -> Bool { uncommittedIgnoreFiles.match(path) }
    package func allowsUncommittedHelmFile(_ path: String) -> Bool { uncommittedHelmFiles.match(path) }
    package func allowsMount(fromPath path: String) -> Bool { mountPaths.match(path) }

    /// Patterns and path are made absolute before they are compared, as far as the folders are known.
    package func allowsSecretFile(_ path: String, home: String?, base: String?) -> Bool {
        let globs = secretFiles.compactMap { PathGlob(RelativePath.expand($0, home: home, base: base)) }
        let full = RelativePath.expand(path, home: home, base: base)
        return globs.contains { $0.matches(full) }
    }

    /// Reads the text of the file. Every key is checked; an unknown one is an error.
    package init(text: String, file: String) throws(ConfigError) {
        let source = ConfigSource(file: file)
        guard let node = try YAMLComposer.compose(text, source: source) else {
            throw source.error(1, "the file is empty.", hint: "Write `giterminismConfigVersion: 1`.")
        }
        let root = try FieldReader(node, in: source, section: "the giterminism file")
        try root.allow(["giterminismConfigVersion", "cli", "config", "helm", "includes"])
        guard try root.string("giterminismConfigVersion") == "1" else {
            throw root.error("giterminismConfigVersion", "`giterminismConfigVersion` must be 1.")
        }
        if let cli = try root.fields("cli") {
            try cli.allow(["allowCustomTags"])
            allowsCustomTags = try cli.bool("allowCustomTags") ?? false
        }
        if let helm = try root.fields("helm") {
            try helm.allow(["allowUncommittedFiles"])
            uncommittedHelmFiles = try helm.globs("allowUncommittedFiles")
        }
        if let includes = try root.fields("includes") {
            try includes.allow(["allowIncludesUpdate"])
            allowsIncludesUpdate = try includes.bool("allowIncludesUpdate") ?? false
        }
        if let config = try root.fields("config") { try read(config) }
    }
}

extension Giterminism {
    private mutating func read(_ config: FieldReader) throws(ConfigError) {
        try config.allow([
            "allowUncommitted", "allowUncommittedTemplates", "goTemplateRendering", "secrets", "stapel", "dockerfile",
        ])
        allowsUncommittedConfig = try config.bool("allowUncommitted") ?? false
        uncommittedTemplates = try config.globs("allowUncommittedTemplates")
        if let rendering = try config.fields("goTemplateRendering") {
            try rendering.allow(["allowEnvVariables", "allowUncommittedFiles"])
            environmentVariables = try NameRules(rendering, key: "allowEnvVariables")
            uncommittedTemplateFiles = try rendering.globs("allowUncommittedFiles")
        }
        if let secrets = try config.fields("secrets") {
            try secrets.allow(["allowEnvVariables", "allowFiles", "allowValueIds"])
            secretEnvironmentVariables = Set(try secrets.strings("allowEnvVariables") ?? [])
            secretValueIDs = Set(try secrets.strings("allowValueIds") ?? [])
            _ = try secrets.globs("allowFiles")
            secretFiles = try secrets.strings("allowFiles") ?? []
        }
        if let dockerfile = try config.fields("dockerfile") {
            try dockerfile.allow(["allowUncommitted", "allowUncommittedDockerignoreFiles", "allowContextAddFiles"])
            uncommittedDockerfiles = try dockerfile.globs("allowUncommitted")
            uncommittedIgnoreFiles = try dockerfile.globs("allowUncommittedDockerignoreFiles")
            contextAddFiles = try dockerfile.globs("allowContextAddFiles")
        }
        if let stapel = try config.fields("stapel") { try readStapel(stapel) }
    }

    private mutating func readStapel(_ stapel: FieldReader) throws(ConfigError) {
        try stapel.allow(["allowFromLatest", "git", "mount"])
        allowsFromLatest = try stapel.bool("allowFromLatest") ?? false
        if let git = try stapel.fields("git") {
            try git.allow(["allowBranch"])
            allowsGitBranch = try git.bool("allowBranch") ?? false
        }
        if let mount = try stapel.fields("mount") {
            try mount.allow(["allowBuildDir", "allowFromPaths"])
            allowsMountOfBuildDirectory = try mount.bool("allowBuildDir") ?? false
            mountPaths = try mount.globs("allowFromPaths")
        }
    }
}
