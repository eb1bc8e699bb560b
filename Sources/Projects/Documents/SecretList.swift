// `secrets` of an image: each has exactly one source, which giterminism must allow.

struct SecretList {
    let secrets: [Secret]

    init(_ fields: FieldReader, context: DocumentContext) throws(ConfigError) {
        var secrets: [Secret] = []
        for node in try fields.list("secrets") ?? [] {
            let secret = try Self.read(node, context: context)
            guard !secrets.contains(where: { $0.id == secret.id }) else {
                throw context.source.error(node, "the secret `\(secret.id)` is defined twice.")
            }
            secrets.append(secret)
        }
        self.secrets = secrets
    }

    private static func read(_ node: YAMLNode, context: DocumentContext) throws(ConfigError) -> Secret {
        let fields = try FieldReader(node, in: context.source, section: "a secret")
        try fields.allow(["id", "env", "src", "value"])
        let id = try fields.string("id") ?? ""
        let environment = try fields.string("env") ?? ""
        let file = try fields.string("src") ?? ""
        let value = try fields.string("value") ?? ""
        guard [environment, file, value].count(where: { !$0.isEmpty }) == 1 else {
            throw context.source.error(node, "a secret needs exactly one of `env`, `src` and `value`.")
        }
        let loose = context.options.looseGiterminism
        if !environment.isEmpty {
            guard loose || context.giterminism.allowsSecretEnvironmentVariable(environment) else {
                throw context.forbidden(
                    node, "the secret from the environment variable `\(environment)`",
                    by: "config.secrets.allowEnvVariables")
            }
            return Secret(id: id.isEmpty ? environment : id, source: .environment(environment))
        }
        if !file.isEmpty {
            let (home, base) = (context.options.homeDirectory, context.options.projectDirectory)
            let path = RelativePath.expand(file, home: home, base: base)
            guard loose || context.giterminism.allowsSecretFile(path, home: home, base: base) else {
                throw context.forbidden(node, "the secret from the file `\(file)`", by: "config.secrets.allowFiles")
            }
            return Secret(id: id.isEmpty ? baseName(file) : id, source: .file(path))
        }
        guard !id.isEmpty else { throw context.source.error(node, "a secret with `value` needs an `id`.") }
        guard loose || context.giterminism.allowsSecretValue(id) else {
            throw context.forbidden(node, "the secret `\(id)` with a value", by: "config.secrets.allowValueIds")
        }
        return Secret(id: id, source: .value(value))
    }

    private static func baseName(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
