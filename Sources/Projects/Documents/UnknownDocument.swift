// Documents without `dockerfile`: stapel images, and Dockerfile images with a slip; refused by name.
import Templates

enum UnknownDocument {
    /// Keys that only stapel images have.
    private static let stapelKeys = [
        "artifact", "from", "fromImage", "fromArtifact", "fromLatest", "fromCacheVersion", "shell", "ansible", "git",
        "mount",
        "import", "docker", "disableGitAfterPatch",
    ]

    static func refusal(_ fields: FieldReader) -> ConfigError {
        let source = fields.source
        if let pair = stapelKeys.lazy.compactMap(fields.pair).first {
            return source.error(
                pair.keyLine, pair.keyColumn,
                "stapel images (here by `\(pair.key)`) are not supported by this version of weft.",
                hint: "Describe the image by a Dockerfile.")
        }
        guard fields.has("image") else {
            return source.error(
                fields.node, "this section is of no known kind.",
                hint: "A meta section has `configVersion`, an image section has `image` and `dockerfile`.")
        }
        for pair in fields.node.pairs ?? [] where !ImageDocument.keys.contains(pair.key) {
            guard let near = nearestName(to: pair.key, among: ImageDocument.keys) else { continue }
            return source.error(
                pair.keyLine, pair.keyColumn, "unknown key `\(pair.key)` in the image section.",
                hint: "Did you mean `\(near)`?")
        }
        return source.error(
            fields.node, "an image section needs `dockerfile`.", hint: "Write `dockerfile: Dockerfile`.")
    }
}
