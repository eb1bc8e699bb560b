// The arrow from files to a Project: find werf.yaml, render it, split it, read and check its documents.
import Images

package enum ProjectReader {
    /// Images of one project, a list of names counted by its names.
    static let maximumImages = 10_000

    /// - Parameters:
    ///   - environment: the process's variables; templates see those that giterminism allows.
    ///   - commit: what `.Commit` tells templates.
    package static func read(
        _ options: ProjectOptions, files: ProjectFileSet, environment: [String: String], commit: CommitFacts
    ) throws(ConfigError) -> Project {
        let (path, text) = try findConfig(options, files.config)
        let giterminism = try readGiterminism(options, files.others)
        try refuseIncludes(files.others)
        let rendering = ConfigRendering(
            files: files, options: options, giterminism: giterminism, environment: environment, commit: commit)
        let (rendered, source) = try rendering.render(path, text)
        return try read(rendered, from: source, options: options, giterminism: giterminism)
    }

    /// werf-giterminism.yaml; nothing is allowed when there is none.
    package static func readGiterminism(
        _ options: ProjectOptions, _ files: any ProjectFiles
    ) throws(ConfigError) -> Giterminism {
        guard let path = RelativePath.clean(options.giterminismPath) else {
            throw ConfigError(
                file: "--giterminism-config", problem: "the path \(options.giterminismPath) leaves the project.")
        }
        guard let text = try ConfigFile.read(path, in: files) else { return Giterminism() }
        return try Giterminism(text: text, file: path)
    }

    // MARK: Files

    private static func findConfig(
        _ options: ProjectOptions, _ files: any ProjectFiles
    ) throws(ConfigError) -> (path: String, text: String) {
        if let written = options.configPath {
            guard let path = RelativePath.cleanClimbing(written) else {
                throw ConfigError(file: "--config", problem: "the path \(written) leaves the project.")
            }
            guard let text = try ConfigFile.read(path, in: files) else {
                throw ConfigError(file: path, problem: "there is no such file in the project.")
            }
            return (path, text)
        }
        for path in ["werf.yaml", "werf.yml"] {
            if let text = try ConfigFile.read(path, in: files) { return (path, text) }
        }
        throw ConfigError(
            file: "werf.yaml", problem: "there is no werf.yaml and no werf.yml in the project.",
            hint: "Create one and commit it, or name another with --config.")
    }

    private static func refuseIncludes(_ files: any ProjectFiles) throws(ConfigError) {
        let path = "werf-includes.yaml"
        guard let text = try ConfigFile.read(path, in: files) else { return }
        let source = ConfigSource(file: path)
        guard let node = try YAMLComposer.compose(text, source: source), let pair = node.pairs?.first else { return }
        throw source.error(
            pair.keyLine, pair.keyColumn, "includes from other repositories are not supported by this version of weft.")
    }

    // MARK: Documents

    private static func read(
        _ rendered: String, from source: ConfigSource, options: ProjectOptions, giterminism: Giterminism
    ) throws(ConfigError) -> Project {
        var meta: (document: MetaDocument, line: Int)?
        var imageNodes: [YAMLNode] = []
        for document in ConfigDocuments.split(rendered) {
            guard let node = try YAMLComposer.compose(document.text, source: source, firstLine: document.firstLine)
            else {
                continue
            }
            let fields = try FieldReader(node, in: source, section: "a section")
            if fields.has("configVersion") {
                if let earlier = meta {
                    throw source.error(node, "there are two meta sections; the first is on line \(earlier.line).")
                }
                meta = (try MetaDocument(node, in: source, options: options), node.line)
            } else if fields.has("dockerfile") {
                imageNodes.append(node)
            } else {
                throw UnknownDocument.refusal(fields)
            }
        }
        guard let meta = meta?.document else {
            throw source.error(
                1, "there is no meta section.",
                hint: "Begin the file with `configVersion: 1`, `project: NAME` and `---`.")
        }
        let context = DocumentContext(
            source: source, options: options, giterminism: giterminism, meta: meta.meta,
            forcedPlatforms: try Platform.forced(options))
        let images = try readImages(imageNodes, context)
        return Project(name: meta.name, meta: meta.meta, images: images, rendered: rendered, configPath: source.file)
    }

    private static func readImages(
        _ nodes: [YAMLNode], _ context: DocumentContext
    ) throws(ConfigError) -> [DockerfileImage] {
        var images: [DockerfileImage] = []
        for node in nodes {
            images += try ImageDocument(node, context: context).images()
            guard images.count <= maximumImages else {
                throw context.source.error(node, "a project can have \(maximumImages) images at most.")
            }
        }
        try ImageRelations(images: images).check()
        return images
    }
}
