// The document with `configVersion`: names the project and sets defaults for its images.

struct MetaDocument {
    static let maximumNameLength = 50

    let name: String
    let meta: ProjectMeta

    init(_ node: YAMLNode, in source: ConfigSource, options: ProjectOptions) throws(ConfigError) {
        let fields = try FieldReader(node, in: source, section: "the meta section")
        try fields.allow(["configVersion", "project", "build", "deploy", "cleanup", "gitWorktree"])
        guard let version = try fields.int("configVersion"), version == 1 else {
            throw fields.error("configVersion", "`configVersion` must be 1.", hint: "Write `configVersion: 1`.")
        }
        name = try Self.projectName(fields, options: options)
        var meta = ProjectMeta()
        try Self.readBuild(fields, options: options, into: &meta)
        try Self.readCleanup(fields, into: &meta)
        try Self.readWorktree(fields, into: &meta)
        try Self.checkDeploy(fields)
        self.meta = meta
    }

    private static func projectName(_ fields: FieldReader, options: ProjectOptions) throws(ConfigError) -> String {
        let written = try fields.string("project") ?? ""
        if let problem = problem(ofName: written) {
            throw fields.error("project", "`project` \(problem)")
        }
        guard let forced = options.projectName, !forced.isEmpty else { return written }
        if let problem = problem(ofName: forced) {
            throw ConfigError(file: "--project-name", problem: "the project's name \(problem)")
        }
        return forced
    }

    /// `^(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])$`
    static func problem(ofName name: String) -> String? {
        guard !name.isEmpty else { return "can't be empty." }
        guard name.utf8.count <= maximumNameLength else {
            return "is longer than \(maximumNameLength) characters: \(name)."
        }
        let dash = UInt8(ascii: "-")
        let isWord = { (byte: UInt8) in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard name.utf8.allSatisfy({ isWord($0) || $0 == dash }), name.utf8.first != dash, name.utf8.last != dash else {
            return "may hold lower-case letters, digits and inner dashes only: \(name)."
        }
        return nil
    }

    private static func readBuild(
        _ meta: FieldReader, options: ProjectOptions, into result: inout ProjectMeta
    ) throws(ConfigError) {
        guard let build = try meta.fields("build") else { return }
        try build.refuse(["imageSpec": "changes of an image's configuration are"])
        try build.allow(["cacheVersion", "platform", "staged"])
        result.cacheVersion = try build.string("cacheVersion") ?? ""
        result.staged = try build.bool("staged") ?? false
        result.platforms = try build.platforms(host: options.hostPlatform)
    }

    private static func readWorktree(_ meta: FieldReader, into result: inout ProjectMeta) throws(ConfigError) {
        guard let worktree = try meta.fields("gitWorktree") else { return }
        try worktree.allow(["forceShallowClone", "allowUnshallow", "allowFetchOriginBranchesAndTags"])
        result.forceShallowClone = try worktree.bool("forceShallowClone") ?? false
        result.allowUnshallow = try worktree.bool("allowUnshallow") ?? true
        result.allowFetchOriginBranchesAndTags = try worktree.bool("allowFetchOriginBranchesAndTags") ?? true
    }

    /// Deployment does not matter to building: only the shape is checked.
    private static func checkDeploy(_ meta: FieldReader) throws(ConfigError) {
        guard let deploy = try meta.fields("deploy") else { return }
        let names = ["helmChartDir", "helmRelease", "namespace"]
        try deploy.allow(names + ["helmReleaseSlug", "namespaceSlug", "helmChartConfig"])
        for name in names where try deploy.string(name)?.isEmpty == true {
            throw deploy.error(name, "`\(name)` can't be empty.")
        }
        _ = try deploy.bool("helmReleaseSlug")
        _ = try deploy.bool("namespaceSlug")
        guard let chart = try deploy.fields("helmChartConfig") else { return }
        try chart.allow(["appVersion"])
        _ = try chart.string("appVersion")
    }
}
