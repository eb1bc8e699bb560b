// One event of the trace-event format, and a file of them.

/// The format: "Trace Event Format", Chromium project. Times in it are microseconds, with fractions.
struct TraceEvent: Sendable {
    enum Phase: Sendable {
        /// A complete event, with its end.
        case span(Duration)
        case instant
        /// The ends of an event that belongs to no thread.
        case begin(id: String)
        case end(id: String)
        case processName
        case threadName
    }

    enum Value: Sendable {
        case text(String)
        case number(Int64)
    }

    typealias Argument = (key: String, value: Value)

    let phase: Phase
    let name: String
    let category: String
    let process: Process
    let thread: Int
    let start: Duration
    let arguments: [Argument]

    init(
        _ phase: Phase, _ name: String, category: String, _ process: Process, thread: Int, start: Duration,
        arguments: [Argument] = []
    ) {
        self.phase = phase
        self.name = name
        self.category = category
        self.process = process
        self.thread = thread
        self.start = start
        self.arguments = arguments
    }
}

extension TraceEvent {
    enum Process: Hashable, Comparable, Sendable {
        case coordinator
        case transfers
        case node(UInt32)

        /// Viewers sort by it.
        var number: Int64 {
            switch self {
            case .coordinator: 1
            case .transfers: 2
            case .node(let node): 3 + Int64(node)
            }
        }

        var name: String {
            switch self {
            case .coordinator: "coordinator"
            case .transfers: "transfers"
            case .node(let node): "node \(node)"
            }
        }
    }

    /// The slots of one class in one process: threads in the trace.
    struct Track: Hashable, Comparable, Sendable {
        /// Threads of the class before are fewer.
        private static let threadsOfClass = 10_000

        let process: Process
        private let isPublishing: Bool

        static let transfers = Track(process: .transfers, isPublishing: false)

        init(_ assignment: StageAssignment) {
            self.init(process: .node(assignment.node), isPublishing: assignment.kind == .publish)
        }

        private init(process: Process, isPublishing: Bool) {
            self.process = process
            self.isPublishing = isPublishing
        }

        var slotName: String {
            if process == .transfers { return "transfer" }
            return isPublishing ? "publish slot" : "run slot"
        }

        func thread(_ slot: Int) -> Int { (isPublishing ? Self.threadsOfClass : 0) + slot + 1 }

        static func < (left: Track, right: Track) -> Bool {
            (left.process, left.isPublishing ? 1 : 0) < (right.process, right.isPublishing ? 1 : 0)
        }
    }
}

/// The slots of one track: the lowest that is free is taken next.
struct TraceSlots: Sendable {
    private var isTaken: [Bool] = []

    mutating func take() -> Int {
        let slot = isTaken.firstIndex(of: false) ?? isTaken.count
        if slot == isTaken.count { isTaken.append(true) } else { isTaken[slot] = true }
        return slot
    }

    mutating func free(_ slot: Int) { isTaken[slot] = false }

    func names(_ track: TraceEvent.Track) -> [TraceEvent] {
        isTaken.indices.map { slot in
            TraceEvent(
                .threadName, "\(track.slotName) \(slot + 1)", category: "", track.process, thread: track.thread(slot),
                start: .zero)
        }
    }
}
