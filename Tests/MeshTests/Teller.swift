// Tells the story of one build machine as text: answers its questions one by one, in order, and writes down its effects.
import Digests
import Images
import Mesh
import MeshSimulation
import Naming
import Planning
import Projects
import Reports
import Scheduling
import Stages

/// A registry as a plain value; times are small numbers.
struct Registry {
    var tags: [String] = []
    /// What can't be used any more.
    var gone: Set<StageID> = []
    var time: Int64 = 1_000
    /// Publications by `IMAGE/STAGE`, the last one of each.
    var ids: [String: StageID] = [:]

    mutating func publish(_ order: PublishOrder) -> StageID {
        time = max(time, order.parent?.timestamp ?? 0) + 1
        let id = StageID(digest: order.digest, timestamp: time)
        tags.append(id.description)
        ids[order.title.description] = id
        return id
    }

    /// The same stage again under another time.
    mutating func add(_ title: String, at time: Int64) -> StageID? {
        guard let id = ids[title] else { return nil }
        let copy = StageID(digest: id.digest, timestamp: time)
        tags.append(copy.description)
        return copy
    }

    mutating func remove(_ title: String) { tags.removeAll { $0 == ids[title]?.description } }

    static func published(_ id: StageID) -> PublishedStage {
        let digest = BlobDigest(of: Array(id.description.utf8))
        return PublishedStage(
            facts: StageFacts(
                id: id, name: DrawnProject.repo + ":" + id.description, imageID: digest,
                manifestDigest: BlobDigest(of: Array(digest.hex.utf8)), createdAt: 0, byteCount: 0, addedByteCount: nil,
                commit: ""),
            contentDigest: nil)
    }
}

struct Teller {
    var machine: BuildMachine
    let project: DrawnProject
    var registry: Registry
    /// Layers that the node remembers.
    var steps: [StageDigest: RememberedStep] = [:]
    /// Answers of these are kept back, by the line of the effect.
    var heldBack: Set<String> = []
    /// What runs and publishes comes to, by the line of the effect, where it is no success.
    var failing: [String: String] = [:]
    /// Publications that somebody else made first, by stage.
    var adopted: [String: StageID] = [:]

    private(set) var lines: [String] = []
    private(set) var outcome: BuildOutcome?
    private(set) var orders: [String: StageOrder] = [:]
    private(set) var publications: [String: PublishOrder] = [:]
    private(set) var arguments: [String: [String: String]] = [:]
    private(set) var held: [BuildMachine.Effect] = []
    private var open: ArraySlice<BuildMachine.Effect> = []
    var layerCount = 0
    /// Where the bases of what runs come from.
    var pulledFrom: BaseSource?

    init(
        _ project: DrawnProject, _ registry: Registry = Registry(), mode: BuildRequest.Mode = .build,
        slots: Int = 8, tasksLimit: Int? = nil, keepsGoing: Bool = false, durations: [UInt8] = []
    ) {
        self.project = project
        self.registry = registry
        machine = BuildMachine(
            project.request(mode, tasksLimit: tasksLimit, keepsGoing: keepsGoing, durations: durations),
            nodes: [
                NodeArrival(
                    id: BuildMachine.ownNode, name: "", capacity: .init(run: slots, transfer: slots), worker: NoWorker()
                )
            ], now: Scheduler.Moment(nanoseconds: 0))
    }

    /// Lives the build until nothing is left to answer but what is held back.
    @discardableResult
    mutating func tell() -> [String] {
        take(machine.start())
        goOn()
        return lines
    }

    mutating func send(_ event: BuildMachine.Event) {
        take(machine.step(event, now: Scheduler.Moment(nanoseconds: 0)))
        goOn()
    }

    /// Answers what was held back.
    mutating func release() {
        heldBack = []
        open += held
        held = []
        goOn()
    }

    private mutating func goOn() {
        while let effect = open.popFirst() {
            if let line = line(effect), heldBack.contains(line) {
                held.append(effect)
            } else if let event = answer(effect) {
                take(machine.step(event, now: Scheduler.Moment(nanoseconds: 0)))
            }
        }
    }

    private mutating func take(_ effects: [BuildMachine.Effect]) {
        for effect in effects {
            if let line = line(effect) { lines.append(line) }
            switch effect {
            case .run(_, let order): orders[order.title.description] = order
            case .publish(_, let order): publications[order.title.description] = order
            case .name(let image, let arguments), .lower(let image, let arguments):
                self.arguments[project.images[image].name] = arguments
            case .stop(let job): stop(job)
            case .end(let outcome): self.outcome = outcome
            default: break
            }
        }
        open += effects
    }

    /// A job that is stopped does not come to its end.
    private mutating func stop(_ job: BuildMachine.Job) {
        let isOther = { (effect: BuildMachine.Effect) in
            switch effect {
            case .run(job, _), .publish(job, _): false
            default: true
            }
        }
        let count = open.count + held.count
        open = open.filter(isOther)[...]
        held = held.filter(isOther)
        guard open.count + held.count < count else { return }
        take(machine.step(.jobFailed(job, message: "", .stopped), now: Scheduler.Moment(nanoseconds: 0)))
    }

    private mutating func answer(_ effect: BuildMachine.Effect) -> BuildMachine.Event? {
        let line = line(effect) ?? ""
        switch effect {
        case .list: return .listed(registry.tags)
        case .name(let image, let arguments): return .named(image: image, project.images[image].rule(arguments))
        case .lower(let image, let arguments):
            if let message = failing[line] { return .imageFailed(image: image, message: message) }
            return .lowered(image: image, project.images[image].lowered(image: image, arguments: arguments))
        case .remember(let image, let digests):
            let known = steps.filter { digests.contains($0.key) }
            return .remembered(image: image, [NodeMemory(node: BuildMachine.ownNode, steps: known)])
        case .describe(let stage, let id):
            return .described(stage, id, registry.gone.contains(id) ? nil : Registry.published(id))
        case .run(let job, let order):
            if let message = failing[line] { return .jobFailed(job, message: message, .failed) }
            layerCount += 1
            let layer = LayerName(diffID: BlobDigest(of: Array("\(layerCount)".utf8)), byteCount: 1)
            if let digest = order.digest {
                steps[digest] = RememberedStep(layer: layer, on: order.base, reading: order.sourceChains ?? [])
            }
            return .ran(job, StageResult(layer: layer, pulledFrom: pulledFrom, duration: .seconds(1)))
        case .publish(let job, let order):
            if let message = failing[line] { return .jobFailed(job, message: message, .failed) }
            let other = adopted[order.title.description]
            let id = other ?? registry.publish(order)
            return .published(
                job,
                PublishOutcome(
                    published: Registry.published(id), isAdopted: other != nil, pulledFrom: nil,
                    duration: .seconds(1)))
        case .keep: return failing[line].map { .failed(message: $0) } ?? .kept
        case .stop, .recall, .report, .end: return nil
        }
    }

    // MARK: Words

    private func line(_ effect: BuildMachine.Effect) -> String? {
        switch effect {
        case .list: "list"
        case .name(let image, _): "name \(project.images[image].name)"
        case .lower(let image, _): "lower \(project.images[image].name)"
        case .remember(let image, _): "remember \(project.images[image].name)"
        case .describe(_, let id): "describe @\(id.timestamp)"
        case .run(_, let order): "run \(order.title) on \(text(order.parent))"
        case .publish(_, let order): "publish \(order.title) of \(text(order.content))"
        case .stop: "stop"
        case .recall: "recall"
        case .report(let event): line(event)
        case .keep(let images):
            "keep " + images.map { $0.name + ($0.isNew ? "!" : "") }.joined(separator: " ")
        case .end(let outcome): "end: \(outcome.failure ?? "done")"
        }
    }

    private func line(_ event: BuildEvent) -> String? {
        switch event {
        case .stageReused(let title, let facts): "reused \(title) @\(facts.id.timestamp)"
        case .stepRemembered(let title): "remembered \(title)"
        case .stagePublished(let title, let facts, _, let adopted):
            "\(adopted ? "adopted" : "published") \(title) @\(facts.id.timestamp)"
        case .stageFailed(let title, let message): "failed \(title): \(message)"
        case .stageStopped(let title): "stopped \(title)"
        case .imageFinished(let record): "done \(record.name)"
        case .missing(let title, _): "missing \(title)"
        case .warning(let text): "warning: \(text)"
        default: nil
        }
    }

    private func text(_ content: StageContent) -> String {
        let root =
            switch content.root {
            case .scratch: "scratch"
            // `docker.io/library/alpine:latest` is alpine.
            case .base(let base):
                base.reference.description.split(separator: "/").last?.split(separator: ":").first.map(String.init)
                    ?? ""
            case .published(let id): "@\(id.timestamp)"
            }
        return content.layers.isEmpty ? root : "\(root)+\(content.layers.count)"
    }
}

/// The machine never asks a worker itself.
struct NoWorker: WorkerLink {
    func remembered(_ steps: [StageDigest]) async throws -> [StageDigest: RememberedStep] { [:] }
    func perform(_ order: StageOrder, report: @escaping @Sendable (BuildEvent) -> Void) async throws -> StageResult {
        throw CancellationError()
    }
}
