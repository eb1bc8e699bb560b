// Documents that describe no Dockerfile image: recognised, so that they are refused by name.

enum StapelDocument {
    /// Keys that only stapel images have.
    private static let keys = [
        "artifact", "from", "fromImage", "fromArtifact", "fromLatest", "fromCacheVersion", "shell", "ansible", "git",
        "mount",
        "import", "docker", "disableGitAfterPatch",
    ]

    static func refusal(_ fields: FieldReader) -> ConfigError {
        let source = fields.source
        if let pair = keys.lazy.compactMap(fields.pair).first {
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
        return source.error(
            fields.node, "an image section needs `dockerfile`.", hint: "Write `dockerfile: Dockerfile`.")
    }
}
