// How far one image of a build is.
import Digests
import Naming
import Projects
import Reports
import Scheduling
import Stages

struct ImageState: Sendable {
    enum Phase: Sendable {
        /// Another image is not done.
        case waiting
        /// Its name, or its Dockerfile, is being read.
        case opening
        case building
        case done
    }

    /// Its place in the request.
    let number: Int
    let request: ImageRequest
    var phase = Phase.waiting
    /// Entries of `dependencies` whose image is not done.
    var waitsFor: Int
    /// Images that depend on this one, once for each dependency.
    var dependents: [Int] = []
    var startedAt = Scheduler.Moment(nanoseconds: 0)
    /// What the dependencies gave.
    var arguments: [String: String] = [:]
    /// The stage of the whole unstaged image; nil for a staged one.
    var whole: WholeStage?
    /// Empty for an unstaged image that was found as a whole.
    private(set) var stages: [Stage] = []
    var states: [StageState] = []
    private(set) var last: StageIndex?
    /// Of a staged image: its Dockerfile's stages, itself included.
    private(set) var internalImages: [InternalImage] = []
    var published: PublishedStage?
    /// Something was published for it during this build, by whomever.
    var isNew = false
    var record: ImageRecord?
    var missing: [MissingStage] = []
    /// By stage, nanoseconds that are likely to pass after it; empty while nobody asked.
    var expectedAfter: [Int64] = []
    /// By stage, how many before it have its title; empty while nobody asked.
    var occurrences: [Int] = []
    /// Something of it failed in a build that keeps going: it is closed when nothing of it is under way.
    var hasFailed = false
    /// Its vertices that have no end yet, and its stages that wait for a publication of another image.
    var underWay = 0

    var namer = Namer()
    /// Stages that have a stage as their parent or source, once for each.
    var followings: [[Int]] = []
    /// Stages that can be settled.
    var ready: [Int] = []
    /// Stages that must be made, and wait for the descriptions under way.
    var deferred: [Int] = []
    /// Descriptions under way that this image waits for.
    var describing = 0

    init(number: Int, request: ImageRequest) {
        self.number = number
        self.request = request
        waitsFor = request.dependencies.count
    }

    var name: String { request.image.name }
    var isStaged: Bool { request.image.staged }

    mutating func take(_ lowered: LoweredImage) {
        stages = lowered.stages
        states = stages.map { StageState($0) }
        last = lowered.last
        internalImages = lowered.internalImages
        followings = stages.map { _ in [] }
        for (number, stage) in stages.enumerated() {
            for input in stage.inputs { followings[input.number].append(number) }
        }
    }
}

/// The `dockerfile` stage: its name covers the whole image.
struct WholeStage: Sendable {
    let rule: NameRule
    let digest: StageDigest
    /// The publication that is being looked at.
    var chosen: StageID?
}

/// What became of one stage.
struct StageState: Sendable {
    enum Fate: Sendable {
        case unknown
        /// In the repo before this build.
        case reused(StageID)
        /// Another stage of this build has the same digest.
        case follows(StageIndex)
        /// Is to be made; the vertices that make it.
        case made(run: Scheduler.StageIndex?, publish: Scheduler.StageIndex?)
        /// A step whose layer is known without running it here.
        case remembered(LayerName?)
        /// A base image.
        case given
    }

    var digest: StageDigest?
    /// `REPO:TAG`, as soon as others may be named by it.
    var imageName: String?
    var fate = Fate.unknown
    /// Once the repo has it and said so.
    var published: PublishedStage?
    var result: StageResult?
    /// The node that made it; empty for the coordinator's own.
    var node: String?
    var record: StageRecord?
    /// The content is known without running anything.
    var isAtHand = false
    /// A step that this build makes, or one on top of such a step.
    var isFresh = false
    /// What stands before its settling: its digest, and parents and sources that are not settled.
    var waits = 0

    init(_ stage: Stage) {
        guard case .base = stage.work else { return }
        fate = .given
        isAtHand = true
    }

    var isSettled: Bool { if case .unknown = fate { false } else { true } }

    /// The publication that stands for it.
    var id: StageID? {
        if case .reused(let id) = fate { id } else { published?.id }
    }

    /// The publication whose description it waits for.
    var awaitedID: StageID? {
        if case .reused(let id) = fate, published == nil { id } else { nil }
    }
}

/// What each vertex of the scheduler stands for.
struct VertexTable: Sendable {
    enum Work: Sendable {
        case run(StageIndex)
        case publish(StageIndex)
    }

    private(set) var works: [Work] = []

    mutating func append(_ work: Work) -> Scheduler.StageIndex {
        works.append(work)
        return Scheduler.StageIndex(Int32(works.count - 1))
    }

    subscript(vertex: Scheduler.StageIndex) -> Work { works[Int(vertex.raw)] }

    var next: Scheduler.StageIndex { Scheduler.StageIndex(Int32(works.count)) }
}

extension StageIndex {
    /// The `dockerfile` stage of an unstaged image stands outside its steps.
    static func whole(of image: Int) -> StageIndex { StageIndex(image: image, number: wholeNumber) }
    static let wholeNumber = -1

    var isWhole: Bool { number == Self.wholeNumber }
}

extension Stage {
    /// Everything whose content it needs.
    var inputs: [StageIndex] { (parent.map { [$0] } ?? []) + sources }
}
