// What every image document is read against: the project's defaults, the caller's wishes, giterminism.
import Images

struct DocumentContext {
    let source: ConfigSource
    let options: ProjectOptions
    let giterminism: Giterminism
    let meta: ProjectMeta
    /// `--platform`; not empty: forced for all images.
    let forcedPlatforms: [Platform]

    /// Forced, or the image's own, or the project's, or the host's.
    func platforms(written: [Platform]) -> [Platform] {
        if !forcedPlatforms.isEmpty { return forcedPlatforms }
        if !written.isEmpty { return written }
        return meta.platforms.isEmpty ? [options.hostPlatform] : meta.platforms
    }

    func unsupported(_ platform: Platform, fields: FieldReader) -> ConfigError {
        let problem =
            "building for \(platform) is not supported by this version of weft on a \(options.hostPlatform) host."
        if !forcedPlatforms.isEmpty { return ConfigError(file: "--platform", problem: problem) }
        return fields.error("platform", problem)
    }

    func forbidden(_ node: YAMLNode, _ what: String, by rule: String) -> ConfigError {
        source.error(
            node, "\(what) is not allowed by giterminism.",
            hint: "Add it to \(rule) of \(options.giterminismPath), or use --loose-giterminism.")
    }
}
