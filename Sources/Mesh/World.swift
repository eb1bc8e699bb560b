// What the actors of the mesh need of the world. World modules fulfil these; tests fulfil them with values.
package import Digests
package import Reports
package import Stages

/// Reads the project: Dockerfiles, contexts, base images.
package protocol ImageSource: Sendable {
    /// The name rule of a whole unstaged image.
    func name(image: Int, arguments: [String: String]) async throws -> NameRule
    /// The stages of an image; base images are resolved on the way.
    func lower(image: Int, arguments: [String: String]) async throws -> LoweredImage
}

/// A stage in the repo, as its manifest and config say.
package struct PublishedStage: Sendable {
    package let facts: StageFacts
    /// Label `werf-stage-content-digest`; nil without it.
    package let contentDigest: String?

    package init(facts: StageFacts, contentDigest: String?) {
        self.facts = facts
        self.contentDigest = contentDigest
    }

    package var id: StageID { facts.id }
}

package struct PublishOutcome: Sendable {
    package let published: PublishedStage
    /// Somebody else's publication was chosen.
    package let isAdopted: Bool
    /// What it was built on was fetched from there; nil when the node had it, or needed none of it.
    package let pulledFrom: BaseSource?
    package let duration: Duration

    package init(published: PublishedStage, isAdopted: Bool, pulledFrom: BaseSource?, duration: Duration) {
        self.published = published
        self.isAdopted = isAdopted
        self.pulledFrom = pulledFrom
        self.duration = duration
    }
}

/// Where stages are published: a registry's repository, or this node's own disk.
package protocol StageRepo: Sendable {
    /// All tags, once per build.
    func tags() async throws -> [String]
    /// Nil when the stage is not there any more or can't be used; it is marked as rejected then.
    func describe(_ id: StageID) async throws -> PublishedStage?
    func publish(_ order: PublishOrder) async throws -> PublishOutcome
    /// Tags that keep werf's cleanup from deleting what was built.
    func keep(_ images: [KeptImage]) async throws
}

/// What `StageRepo.keep` writes about one image.
package struct KeptImage: Sendable {
    package let name: String
    package let stage: StageID
    /// Something was built or published by this build.
    package let isNew: Bool

    package init(name: String, stage: StageID, isNew: Bool) {
        self.name = name
        self.stage = stage
        self.isNew = isNew
    }
}

/// Makes layers on a node.
package protocol StageRunner: Sendable {
    /// Layers of steps that this node remembers; a step without an entry is not known.
    func remembered(_ steps: [StageDigest]) async -> [StageDigest: RememberedStep]
    /// Blocks its thread while it works on files: never called on an actor.
    @concurrent func run(_ order: StageOrder, report: @escaping @Sendable (BuildEvent) -> Void) async throws
        -> StageResult
}

/// The way to a worker, in this process or on another node.
package protocol WorkerLink: Sendable {
    func remembered(_ steps: [StageDigest]) async throws -> [StageDigest: RememberedStep]
    func perform(_ order: StageOrder, report: @escaping @Sendable (BuildEvent) -> Void) async throws -> StageResult
}
