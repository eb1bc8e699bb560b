// `platform` of the meta and image documents, and `--platform`: lists of names, normalised, without repetitions.
import Images

extension FieldReader {
    func platforms(host: Platform) throws(ConfigError) -> [Platform] {
        var platforms: [Platform] = []
        for item in try list("platform") ?? [] {
            guard let text = item.scalar?.text else {
                throw source.error(item, "`platform` must be a list of strings, and one element is \(item.kind).")
            }
            guard !text.contains(",") else {
                throw source.error(item, "`platform` takes one platform per element: \(text).", hint: "Use a list.")
            }
            guard let platform = Platform(text, host: host) else { throw source.error(item, Platform.problem(text)) }
            if !platforms.contains(platform) { platforms.append(platform) }
        }
        return platforms
    }
}

extension Platform {
    /// The platforms of `--platform`: each element may hold several, separated by commas.
    static func forced(_ options: ProjectOptions) throws(ConfigError) -> [Platform] {
        var platforms: [Platform] = []
        for text in options.platforms.flatMap({ $0.split(separator: ",") }).map({ String($0).trimmed }) {
            guard let platform = Platform(text, host: options.hostPlatform) else {
                throw ConfigError(file: "--platform", problem: problem(text))
            }
            if !platforms.contains(platform) { platforms.append(platform) }
        }
        return platforms
    }

    fileprivate static func problem(_ text: String) -> String {
        "`\(text)` is not a platform: the form is OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT, as in linux/arm64."
    }
}
