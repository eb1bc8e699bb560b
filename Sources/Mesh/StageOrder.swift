// What a worker is asked to make, and what it answers.
package import Digests
package import Reports
package import Scheduling
package import Stages

/// One stage to run, with everything that its result depends on.
package struct StageOrder: Sendable {
    package let stage: StageIndex
    package let title: StageTitle
    package let digest: StageDigest?
    package let work: StageWork
    /// What it is built on.
    package let parent: StageContent
    /// The content of stages that it reads.
    package let sources: [StageIndex: StageContent]
    /// Whether the result is remembered on the node under the digest.
    package let isRemembered: Bool
    /// What names the step beside its work, digests filled in: whoever is given the order finds `digest` again.
    package let origins: StepOrigins?
    /// By diff id, the nodes that have a layer which no repo has.
    package let holders: [BlobDigest: [Scheduler.NodeID]]

    package init(
        stage: StageIndex, title: StageTitle, digest: StageDigest?, work: StageWork, parent: StageContent,
        sources: [StageIndex: StageContent], isRemembered: Bool, origins: StepOrigins?,
        holders: [BlobDigest: [Scheduler.NodeID]] = [:]
    ) {
        self.stage = stage
        self.title = title
        self.digest = digest
        self.work = work
        self.parent = parent
        self.sources = sources
        self.isRemembered = isRemembered
        self.origins = origins
        self.holders = holders
    }
}

package struct StageResult: Sendable {
    /// Nil when the stage changed no file.
    package let layer: LayerName?
    /// What it was built on was fetched from there first; nil when the node had it.
    package let pulledFrom: BaseSource?
    package let duration: Duration
    /// Its maker's word for the layer; nil where nobody else is to rely on it.
    package let statement: StepStatement?

    package init(
        layer: LayerName?, pulledFrom: BaseSource?, duration: Duration, statement: StepStatement? = nil
    ) {
        self.layer = layer
        self.pulledFrom = pulledFrom
        self.duration = duration
        self.statement = statement
    }
}

/// One stage to publish.
package struct PublishOrder: Sendable {
    package let stage: StageIndex
    package let title: StageTitle
    package let digest: StageDigest
    package let content: StageContent
    package let labels: [String: String]
    /// The stage that it is built on; the new one is never older.
    package let parent: StageID?
    /// By diff id, the nodes that have a layer which no repo has.
    package let holders: [BlobDigest: [Scheduler.NodeID]]

    package init(
        stage: StageIndex, title: StageTitle, digest: StageDigest, content: StageContent, labels: [String: String],
        parent: StageID?, holders: [BlobDigest: [Scheduler.NodeID]] = [:]
    ) {
        self.stage = stage
        self.title = title
        self.digest = digest
        self.content = content
        self.labels = labels
        self.parent = parent
        self.holders = holders
    }
}
