// A build's timeline: what each slot of each node did and when, made of the build's events.
import Digests
import Stages

/// Nodes are processes and their slots threads, as the trace-event format has it; what was found without work is an
/// instant of the coordinator.
package struct BuildTrace: Sendable {
    /// Work that has no end yet.
    private struct OpenWork: Sendable {
        let assignment: StageAssignment
        /// 1 for the first.
        let attempt: Int
        let slot: Int
        let start: Duration
    }

    private struct Attempted: Hashable, Sendable {
        let title: StageTitle
        let kind: StageAssignment.Kind
    }

    private struct OpenTransfer: Sendable {
        let slot: Int
        let start: Duration
        var end: Duration
        var byteCount: Int64
    }

    /// Characters of an instruction that are kept.
    private static let textCharactersMax = 500

    private let program: String
    private(set) var events: [TraceEvent] = []
    /// By the whole title: two Dockerfile stages of an image may have a `COPY1` each.
    private var work: [StageTitle: OpenWork] = [:]
    private var attempts: [Attempted: Int] = [:]
    private var transfers: [Transfer: OpenTransfer] = [:]
    private var images: Set<String> = []
    /// By process: slots of runs, of publications, of transfers.
    private var slots: [TraceEvent.Track: TraceSlots] = [:]
    private var isPlanned = false

    /// - Parameter program: name and version, for the file's head.
    package init(program: String) { self.program = program }

    /// - Parameter time: since the start; never less than the last time.
    package mutating func step(_ event: BuildEvent, at time: Duration) {
        switch event {
        case .planned: plan(at: time)
        case .imageStarted(let image): startImage(image, at: time)
        case .imageFinished(let record):
            endImage(record.name, at: time, [("publication", .text(record.facts.name))])
        case .stageReused(let title, let facts): found(title, facts, at: time)
        case .stepRemembered(let title):
            found(title, "remembered", at: time, [("reason", .text("this node remembers the step"))])
        case .missing(let title, let digest):
            found(title, "missing", at: time, [("digest", .text(digest.hex))])
        case .assigned(let title, let assignment): begin(title, assignment, at: time)
        case .stageRan(let title, _, let layerByteCount):
            end(title, "done", at: time, [("bytes", .number(layerByteCount ?? 0))])
        case .stagePublished(let title, let facts, _, let isAdopted):
            let bytes = facts.addedByteCount.map { [("bytes", TraceEvent.Value.number($0))] } ?? []
            end(title, isAdopted ? "adopted" : "done", at: time, [("publication", .text(facts.name))] + bytes)
        case .stageFailed(let title, let message): end(title, "failed", at: time, [("message", .text(message))])
        case .stageStopped(let title): end(title, "stopped", at: time)
        case .transferred(let transfer, let byteCount, let total): move(transfer, byteCount, total, at: time)
        case .stageSupply, .stageStarted, .publishStarted, .stageOutput, .warning, .detail: break
        }
    }

    /// The trace-event JSON of all that happened; what has no end yet ends at `time`, as unfinished.
    package func encoded(at time: Duration) -> [UInt8] {
        var whole = self
        let open = work.sorted { ($0.value.start, $0.key.description) < ($1.value.start, $1.key.description) }
        for (title, open) in open { whole.close(title, open, "unfinished", at: time) }
        for (transfer, open) in transfers.sorted(by: { $0.value.slot < $1.value.slot }) { whole.close(transfer, open) }
        for image in images.sorted() { whole.endImage(image, at: time, [("outcome", .text("unfinished"))]) }
        let names = slots.sorted { $0.key < $1.key }.flatMap { track, slots in slots.names(track) }
        return TraceEvent.encode(TraceEvent.processNames(of: whole.events) + names + whole.events, program: program)
    }

    // MARK: The coordinator

    /// Everything before the plan is reading: git, werf.yaml, Dockerfiles.
    private mutating func plan(at time: Duration) {
        guard !isPlanned else { return }
        isPlanned = true
        events.append(
            TraceEvent(.span(time), "read the project", category: "read", .coordinator, thread: 0, start: .zero))
    }

    private mutating func startImage(_ image: String, at time: Duration) {
        guard images.insert(image).inserted else { return }
        events.append(
            TraceEvent(.begin(id: image), Self.name(image), category: "image", .coordinator, thread: 0, start: time))
    }

    private mutating func endImage(_ image: String, at time: Duration, _ arguments: [TraceEvent.Argument]) {
        guard images.remove(image) != nil else { return }
        events.append(
            TraceEvent(
                .end(id: image), Self.name(image), category: "image", .coordinator, thread: 0, start: time,
                arguments: arguments))
    }

    private static func name(_ image: String) -> String { image.isEmpty ? "~" : image }

    private mutating func found(_ title: StageTitle, _ facts: StageFacts, at time: Duration) {
        found(
            title, "reused", at: time,
            [
                ("reason", .text("the repo has it")), ("digest", .text(facts.id.digest.hex)),
                ("publication", .text(facts.name)), ("bytes", .number(facts.addedByteCount ?? facts.byteCount)),
            ])
    }

    private mutating func found(
        _ title: StageTitle, _ category: String, at time: Duration, _ arguments: [TraceEvent.Argument]
    ) {
        events.append(
            TraceEvent(
                .instant, title.description, category: category, .coordinator, thread: 0, start: time,
                arguments: [("image", .text(title.image))] + arguments))
    }

    // MARK: Slots

    private mutating func begin(_ title: StageTitle, _ assignment: StageAssignment, at time: Duration) {
        // The scheduler gives a stage one slot at a time; a second start would hide the end of the first.
        if let open = work.removeValue(forKey: title) { close(title, open, "unfinished", at: time) }
        let track = TraceEvent.Track(assignment)
        let slot = slots[track, default: TraceSlots()].take()
        attempts[Attempted(title: title, kind: assignment.kind), default: 0] += 1
        let attempt = attempts[Attempted(title: title, kind: assignment.kind), default: 1]
        work[title] = OpenWork(assignment: assignment, attempt: attempt, slot: slot, start: time)
    }

    private mutating func end(
        _ title: StageTitle, _ outcome: String, at time: Duration, _ arguments: [TraceEvent.Argument] = []
    ) {
        guard let open = work.removeValue(forKey: title) else { return }
        close(title, open, outcome, at: time, arguments)
    }

    private mutating func close(
        _ title: StageTitle, _ open: OpenWork, _ outcome: String, at time: Duration,
        _ arguments: [TraceEvent.Argument] = []
    ) {
        let assignment = open.assignment
        let track = TraceEvent.Track(assignment)
        slots[track]?.free(open.slot)
        var all: [TraceEvent.Argument] = [("image", .text(title.image)), ("outcome", .text(outcome))]
        if let digest = assignment.digest { all.append(("digest", .text(digest.hex))) }
        if !title.text.isEmpty { all.append(("instruction", .text(String(title.text.prefix(Self.textCharactersMax))))) }
        if !title.place.isEmpty { all.append(("place", .text(title.place))) }
        all.append(("attempt", .number(Int64(open.attempt))))
        events.append(
            TraceEvent(
                .span(time), title.description, category: assignment.kind.rawValue, track.process,
                thread: track.thread(open.slot), start: open.start, arguments: all + arguments))
    }

    // MARK: Transfers

    private mutating func move(_ transfer: Transfer, _ byteCount: Int64, _ total: Int64?, at time: Duration) {
        if transfers[transfer] == nil {
            let slot = slots[.transfers, default: TraceSlots()].take()
            transfers[transfer] = OpenTransfer(slot: slot, start: time, end: time, byteCount: byteCount)
        }
        transfers[transfer]?.end = time
        transfers[transfer]?.byteCount = byteCount
        guard byteCount == total, let open = transfers.removeValue(forKey: transfer) else { return }
        close(transfer, open)
    }

    private mutating func close(_ transfer: Transfer, _ open: OpenTransfer) {
        slots[.transfers]?.free(open.slot)
        let category = transfer.direction == .pull ? "pull" : "push"
        events.append(
            TraceEvent(
                .span(open.end), "\(category) \(transfer.subject)", category: category,
                TraceEvent.Track.transfers.process, thread: TraceEvent.Track.transfers.thread(open.slot),
                start: open.start,
                arguments: [("blob", .text(transfer.blob.description)), ("bytes", .number(open.byteCount))]))
    }
}
