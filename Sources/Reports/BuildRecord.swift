// What a finished build is known by: one record per image, one per stage; the report files are written from these.

package struct ImageRecord: Sendable {
    package enum ConfigType: String, Sendable {
        case dockerfile
        case staged
        /// A stage of a staged image's Dockerfile: werf.yaml does not know it.
        case unknown
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

/// From where layers of a base came.
package enum BaseSource: String, Sendable {
    /// The build's own repo: the base is a stage.
    case repo
    case registry
}

package struct StageRecord: Sendable {
    package let name: String
    package let facts: StageFacts
    /// What the stage is built on was fetched from there; nil when it was here, or nothing was built.
    package let pulledFrom: BaseSource?
    package let isRebuilt: Bool
    /// The nodes that made its layers; empty for the host that was asked, and where nothing was made.
    package let nodes: [String]
    package let duration: Duration

    package init(
        name: String, facts: StageFacts, pulledFrom: BaseSource?, isRebuilt: Bool, nodes: [String] = [],
        duration: Duration
    ) {
        self.name = name
        self.facts = facts
        self.pulledFrom = pulledFrom
        self.isRebuilt = isRebuilt
        self.nodes = nodes
        self.duration = duration
    }

    /// A stage that was there, or was made under another name.
    package init(reused facts: StageFacts, name: String) {
        self.init(name: name, facts: facts, pulledFrom: nil, isRebuilt: false, duration: .zero)
    }
}
