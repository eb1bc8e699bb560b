// A document with `dockerfile`: one image per name, all with the same fields.

struct ImageDocument {
    let fields: FieldReader
    let context: DocumentContext

    static let keys = [
        "image", "dockerfile", "context", "contextAddFile", "contextAddFiles", "target", "args", "addHost", "network",
        "staged", "final", "cacheVersion", "platform", "secrets", "dependencies",
    ]

    init(_ node: YAMLNode, context: DocumentContext) throws(ConfigError) {
        fields = try FieldReader(node, in: context.source, section: "the image section")
        self.context = context
    }

    func images() throws(ConfigError) -> [DockerfileImage] {
        try fields.refuse([
            "imageSpec": "changes of an image's configuration are", "ssh": "forwarding an SSH agent is",
        ])
        try fields.allow(Self.keys)
        var image = DockerfileImage(
            name: "", dockerfile: try dockerfile(), location: context.source.location(fields.node))
        try readBuild(into: &image)
        try readContext(into: &image)
        image.secrets = try SecretList(fields, context: context).secrets
        image.dependencies = try DependencyList(fields).dependencies
        try checkArguments(of: image)
        return try names().map { name in
            image.name = name
            return image
        }
    }

    private func names() throws(ConfigError) -> [String] {
        guard let pair = fields.pair("image") else {
            throw fields.source.error(
                fields.node, "an image section needs `image`.",
                hint: "Write `image: NAME`, or `image: ~` for a lone image.")
        }
        if pair.value.isNull { return [""] }
        let names = try fields.stringOrStrings("image") ?? []
        guard !names.isEmpty else { throw fields.error("image", "`image` holds no name.") }
        for (name, node) in names {
            guard !name.isEmpty else { throw fields.source.error(node, "an image's name can't be empty.") }
            guard name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
                throw fields.source.error(node, "an image's name can't hold control characters.")
            }
        }
        return names.map(\.text)
    }

    private func dockerfile() throws(ConfigError) -> String {
        guard let written = try fields.string("dockerfile"), !written.isEmpty else {
            throw fields.error("dockerfile", "`dockerfile` can't be empty.")
        }
        guard let path = RelativePath.clean(written), !path.isEmpty else {
            throw fields.error("dockerfile", "`dockerfile` must be a path inside the context: \(written).")
        }
        return path
    }

    private func readBuild(into image: inout DockerfileImage) throws(ConfigError) {
        image.final = try fields.bool("final") ?? true
        image.cacheVersion = try nonEmpty("cacheVersion") ?? context.meta.cacheVersion
        image.target = try nonEmpty("target")
        image.network = try network()
        image.staged = try fields.bool("staged") ?? context.meta.staged
        if context.options.forceStaged { image.staged = true }
        image.addHost = try HostEntries(fields).entries
        image.args = try arguments()
        let platforms = try fields.platforms(host: context.options.hostPlatform)
        image.platforms = context.platforms(written: platforms)
        if let foreign = image.platforms.first(where: { $0 != context.options.hostPlatform }) {
            throw context.unsupported(foreign, fields: fields)
        }
    }

    /// Steps run in the host's network or in none; `default` is the host's here.
    private func network() throws(ConfigError) -> String? {
        guard let name = try nonEmpty("network") else { return nil }
        guard ["default", "host", "none"].contains(name) else {
            throw fields.error(
                "network", "the network `\(name)` is not supported by this version of weft.",
                hint: "`network` takes default, host or none.")
        }
        return name
    }

    private func nonEmpty(_ key: String) throws(ConfigError) -> String? {
        guard let text = try fields.string(key), !text.isEmpty else { return nil }
        return text
    }

    /// werf prints the decoded values with Go's `%v`: `3.10` is 3.1, `yes` is true, nothing is `<nil>`.
    private func arguments() throws(ConfigError) -> [BuildArgument] {
        guard let node = fields.node("args") else { return [] }
        guard let pairs = node.pairs else {
            throw fields.error("args", "`args` must be a mapping, not \(node.kind).")
        }
        var arguments: [BuildArgument] = []
        for pair in pairs {
            guard let scalar = pair.value.scalar else {
                throw fields.source.error(
                    pair.value, "the build argument `\(pair.key)` must be a scalar, not \(pair.value.kind).")
            }
            arguments.append(BuildArgument(name: pair.key, value: scalar.printed))
        }
        return arguments.sorted { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }
    }

    private func checkArguments(of image: DockerfileImage) throws(ConfigError) {
        let names = Set(image.args.map(\.name))
        for target in image.dependencies.flatMap(\.imports).map(\.targetBuildArg) where names.contains(target) {
            throw fields.error(
                "args", "the build argument `\(target)` is set by `args` and by a `targetBuildArg` of `dependencies`.")
        }
    }
}

extension ImageDocument {
    private func readContext(into image: inout DockerfileImage) throws(ConfigError) {
        if let written = try fields.string("context") {
            guard let path = RelativePath.clean(written) else {
                throw fields.error("context", "`context` must be a path inside the project: \(written).")
            }
            image.context = path
        }
        let single = try fields.stringOrStrings("contextAddFile") ?? []
        let several = try fields.stringOrStrings("contextAddFiles") ?? []
        guard single.isEmpty || several.isEmpty else {
            throw fields.error(
                "contextAddFile", "`contextAddFile` and `contextAddFiles` can't be used together.",
                hint: "Move everything into `contextAddFiles`.")
        }
        for (written, node) in single + several {
            guard let path = RelativePath.clean(written) else {
                throw fields.source.error(node, "`contextAddFiles` takes paths inside the context: \(written).")
            }
            let full = RelativePath.join(image.context, path)
            guard context.options.looseGiterminism || context.giterminism.allowsContextAddFile(full) else {
                throw context.forbidden(
                    node, "the context file `\(full)`", by: "config.dockerfile.allowContextAddFiles")
            }
            image.contextAddFiles.append(path)
        }
    }
}
