// How far one image of a build is.
import Digests
import Projects
import Reports
import Scheduling
import Stages

struct ImageState: Sendable {
    enum Phase: Sendable {
        /// Another image is not done.
        case waiting
        /// Its Dockerfile is being read.
        case opening
        case building
        case done
    }

    let request: ImageRequest
    var phase = Phase.waiting
    var startedAt = Scheduler.Moment(nanoseconds: 0)
    /// What the dependencies gave.
    var arguments: [String: String] = [:]
    /// Empty for an unstaged image that was found as a whole.
    var stages: [Stage] = []
    var states: [StageState] = []
    var last: StageIndex?
    /// The stage of the whole unstaged image; nil for a staged one.
    var whole: WholeStage?
    /// Stages of a staged image that are not settled, ascending.
    var unsettled: [Int] = []
    var published: PublishedStage?
    var isRebuilt = false
    var record: ImageRecord?
    var missing: [MissingStage] = []
    var stageRecords: [StageRecord] = []

    init(request: ImageRequest) { self.request = request }

    var name: String { request.image.name }
    var isStaged: Bool { request.image.staged }
}

/// The `dockerfile` stage: its name covers the whole image.
struct WholeStage: Sendable {
    let rule: NameRule
    let digest: StageDigest
    /// Publications that can't be used: gone or broken.
    var refused: Set<StageID> = []
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
        /// A step whose layer this node remembers.
        case remembered
        /// A base image, or a stage that only changes the configuration of a step.
        case given
    }

    var digest: StageDigest?
    var fate = Fate.unknown
    /// Known once the stage has run or needs no run.
    var content: StageContent?
    var published: PublishedStage?
    var result: StageResult?

    var isSettled: Bool { if case .unknown = fate { false } else { true } }
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
