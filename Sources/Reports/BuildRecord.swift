// What a finished build is known by: one record per image, one per stage; the report files are written from these.

package struct ImageRecord: Sendable {
    package enum ConfigType: String, Sendable {
        case dockerfile
        case staged
    }

    /// "" for the nameless image.
    package let name: String
    package let configType: ConfigType
    /// The repo's name, without a tag.
    package let repo: String
    /// Of the image's last stage.
    package let facts: StageFacts
    package let platform: String
    package let isFinal: Bool
    /// Some stage was stored by this build.
    package let isRebuilt: Bool
    /// From the first look at the image to its end.
    package let duration: Duration
    package let stages: [StageRecord]

    package init(
        name: String, configType: ConfigType, repo: String, facts: StageFacts, platform: String, isFinal: Bool,
        isRebuilt: Bool, duration: Duration, stages: [StageRecord]
    ) {
        self.name = name
        self.configType = configType
        self.repo = repo
        self.facts = facts
        self.platform = platform
        self.isFinal = isFinal
        self.isRebuilt = isRebuilt
        self.duration = duration
        self.stages = stages
    }
}

package struct StageRecord: Sendable {
    package enum BaseSource: String, Sendable {
        case none = ""
        case repo
        case registry
    }

    package let name: String
    package let facts: StageFacts
    package let source: BaseSource
    package let isBasePulled: Bool
    package let isRebuilt: Bool
    package let duration: Duration

    package init(
        name: String, facts: StageFacts, source: BaseSource, isBasePulled: Bool, isRebuilt: Bool, duration: Duration
    ) {
        self.name = name
        self.facts = facts
        self.source = source
        self.isBasePulled = isBasePulled
        self.isRebuilt = isRebuilt
        self.duration = duration
    }
}
