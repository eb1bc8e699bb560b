// Everything that a build tells people and scripts while it runs; views and reports are made of nothing else.
package import Digests
package import Stages

package enum BuildEvent: Sendable {
    /// The sets of images, as werf prints them, before the first stage runs.
    case planned(sets: [[PlannedImage]], limit: Int?)
    case imageStarted(image: String)
    /// A stage that the repo has; nothing is fetched for it.
    case stageReused(StageTitle, StageFacts)
    /// A step whose result this node remembers.
    case stepRemembered(StageTitle)
    /// The scheduler gave the stage a slot: it runs, or is published, from now on.
    case assigned(StageTitle, StageAssignment)
    /// What the stage is built on is on its way to its node; then it is there, and the stage waits for its turn.
    case stageSupply(StageTitle, isUnderWay: Bool)
    case stageStarted(StageTitle)
    case stageOutput(StageTitle, line: String, isError: Bool)
    case stageRan(StageTitle, duration: Duration, layerByteCount: Int64?)
    case publishStarted(StageTitle, repo: String)
    /// `adopted`: somebody else published first, and their bytes are used.
    case stagePublished(StageTitle, StageFacts, duration: Duration, adopted: Bool)
    case stageFailed(StageTitle, message: String)
    case stageStopped(StageTitle)
    /// Bytes moved of one transfer so far; `total` nil when unknown.
    case transferred(Transfer, byteCount: Int64, total: Int64?)
    case imageFinished(ImageRecord)
    case warning(String)
    /// For `--log-verbose`.
    case detail(String)
    /// Once more than one candidate was looked at: what must exist and does not (`--check-built-images`).
    case missing(StageTitle, digest: StageDigest)
}

/// What a slot is taken for.
package struct StageAssignment: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case run
        case copy
        case makeDirectory = "make-directory"
        case config
        case publish
    }

    package let kind: Kind
    /// As the scheduler numbers nodes.
    package let node: UInt32
    /// As people know it; empty for the host that was asked.
    package let nodeName: String
    package let digest: StageDigest?

    package init(kind: Kind, node: UInt32, nodeName: String = "", digest: StageDigest?) {
        self.kind = kind
        self.node = node
        self.nodeName = nodeName
        self.digest = digest
    }
}

package struct Transfer: Hashable, Sendable {
    package enum Direction: Hashable, Sendable {
        case pull
        case push
    }

    package let direction: Direction
    /// The image or stage that the bytes belong to.
    package let subject: String
    package let blob: BlobDigest

    package init(_ direction: Direction, subject: String, blob: BlobDigest) {
        self.direction = direction
        self.subject = subject
        self.blob = blob
    }
}

package struct PlannedImage: Hashable, Sendable {
    /// "" for the nameless image.
    package let name: String
    package let isFinal: Bool

    package init(name: String, isFinal: Bool) {
        self.name = name
        self.isFinal = isFinal
    }
}

/// What is known of a stage that is in the repo.
package struct StageFacts: Hashable, Sendable {
    package let id: StageID
    /// `REPO:TAG`
    package let name: String
    /// The image id: digest of the config.
    package let imageID: BlobDigest
    /// Digest of the manifest; nil in local storage.
    package let manifestDigest: BlobDigest?
    /// Unix time in nanoseconds.
    package let createdAt: Int64
    /// Bytes of the layers as stored.
    package let byteCount: Int64
    /// Bytes that the stage added to what it is built on; nil where that is not known.
    package let addedByteCount: Int64?
    /// Label `werf-project-repo-commit`; empty without it.
    package let commit: String

    package init(
        id: StageID, name: String, imageID: BlobDigest, manifestDigest: BlobDigest?, createdAt: Int64,
        byteCount: Int64, addedByteCount: Int64?, commit: String
    ) {
        self.id = id
        self.name = name
        self.imageID = imageID
        self.manifestDigest = manifestDigest
        self.createdAt = createdAt
        self.byteCount = byteCount
        self.addedByteCount = addedByteCount
        self.commit = commit
    }

    package var tag: String { id.description }
}
