// `dependencies` of a Dockerfile image. That the images exist is checked when all of them are read.

struct DependencyList {
    let dependencies: [Dependency]

    init(_ fields: FieldReader) throws(ConfigError) {
        var dependencies: [Dependency] = []
        var targets: Set<String> = []
        for node in try fields.list("dependencies") ?? [] {
            dependencies.append(try Self.read(node, in: fields.source, targets: &targets))
        }
        self.dependencies = dependencies
    }

    private static func read(
        _ node: YAMLNode, in source: ConfigSource, targets: inout Set<String>
    ) throws(ConfigError) -> Dependency {
        let fields = try FieldReader(node, in: source, section: "a dependency")
        for key in ["before", "after"] where fields.has(key) {
            throw fields.error(key, "`\(key)` can't be used in a dependency of a Dockerfile image.")
        }
        try fields.allow(["image", "imports"])
        guard let image = try fields.string("image"), !image.isEmpty else {
            throw source.error(node, "a dependency needs `image`, the name of an image of this file.")
        }
        var imports: [Dependency.Import] = []
        for item in try fields.list("imports") ?? [] {
            let entry = try readImport(item, in: source)
            guard targets.insert(entry.targetBuildArg).inserted else {
                throw source.error(item, "the `targetBuildArg` `\(entry.targetBuildArg)` is set twice.")
            }
            imports.append(entry)
        }
        return Dependency(image: image, imports: imports)
    }

    private static func readImport(_ node: YAMLNode, in source: ConfigSource) throws(ConfigError) -> Dependency.Import {
        let fields = try FieldReader(node, in: source, section: "an import of a dependency")
        if fields.has("targetEnv") {
            throw fields.error(
                "targetEnv", "`targetEnv` can't be used for a Dockerfile image.", hint: "Use `targetBuildArg`.")
        }
        try fields.allow(["type", "targetBuildArg"])
        let known = Dependency.ImportType.allCases.map(\.rawValue).joined(separator: ", ")
        guard let name = try fields.string("type") else {
            throw source.error(node, "an import needs `type`: one of \(known).")
        }
        guard let type = Dependency.ImportType(rawValue: name) else {
            throw fields.error("type", "`\(name)` is no type of import.", hint: "Types are: \(known).")
        }
        guard let target = try fields.string("targetBuildArg"), !target.isEmpty else {
            throw source.error(node, "an import needs `targetBuildArg`.")
        }
        return Dependency.Import(type: type, targetBuildArg: target)
    }
}
