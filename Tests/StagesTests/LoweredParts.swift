// Short ways to the parts of lowered images that tests look at.
import Images
import Stages

extension LoweredImage {
    func runs() -> [RunWork] {
        stages.compactMap { if case .run(let work) = $0.work { work } else { nil } }
    }

    func copies() -> [CopyWork] {
        stages.compactMap { if case .copy(let work) = $0.work { work } else { nil } }
    }

    /// The configuration of the last stage.
    func config() -> ContainerConfig {
        var changes: [ConfigChange] = []
        var config = ImageConfig(platform: Platform(os: "linux", architecture: "amd64"))
        var next: StageIndex? = last
        while let index = next {
            let stage = stages[index.number]
            if case .base(let base) = stage.work { config = base.config }
            changes = stage.changes + changes
            next = stage.parent
        }
        return config.applying(changes, created: nil).config
    }
}

/// The only RUN of `FROM base` and `text`.
func run(_ text: String, args: [String: String] = [:], network: String? = nil) throws -> RunWork? {
    try lower(recipe("FROM base\n" + text + "\n", args: args, network: network)).runs().last
}

/// The only COPY or ADD of `FROM base` and `text`.
func copy(_ text: String) throws -> CopyWork? {
    try lower(recipe("FROM base\n" + text + "\n")).copies().last
}
