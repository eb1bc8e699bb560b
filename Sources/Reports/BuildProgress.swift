// How far a build is: stages known, done, found, and those that are being worked on.
import Stages

struct BuildProgress: Sendable {
    struct Running: Sendable {
        let title: StageTitle
        let isStore: Bool
        let startedAt: Duration
        /// Order of starting, which times alone don't give.
        let number: Int
        var lastLine = ""
    }

    private(set) var doneCount = 0
    private(set) var reusedCount = 0
    private(set) var failedCount = 0
    private var known: Set<StageKey> = []
    private var done: Set<StageKey> = []
    private var active: [StageKey: Running] = [:]
    private var startCount = 0

    var knownCount: Int { known.count }

    /// Longest first.
    var running: [Running] { active.values.sorted { $0.number < $1.number } }

    mutating func step(_ event: BuildEvent, at time: Duration) {
        switch event {
        case .stageReused(let title, _), .stepRemembered(let title):
            reusedCount += 1
            end(title, isDone: true)
        case .stageStarted(let title): start(title, isStore: false, at: time)
        case .publishStarted(let title, _): start(title, isStore: true, at: time)
        case .stageOutput(let title, let line, _):
            guard let text = HarmlessText.lines(line).last(where: { !$0.isEmpty }) else { return }
            active[StageKey(title)]?.lastLine = text
        case .stageRan(let title, _, _), .stagePublished(let title, _, _, _): end(title, isDone: true)
        case .stageFailed(let title, _):
            failedCount += 1
            end(title, isDone: false)
        case .stageStopped(let title): end(title, isDone: false)
        default: break
        }
    }

    private mutating func start(_ title: StageTitle, isStore: Bool, at time: Duration) {
        startCount += 1
        known.insert(StageKey(title))
        active[StageKey(title)] = Running(title: title, isStore: isStore, startedAt: time, number: startCount)
    }

    private mutating func end(_ title: StageTitle, isDone: Bool) {
        let key = StageKey(title)
        known.insert(key)
        active[key] = nil
        if isDone, done.insert(key).inserted { doneCount += 1 }
    }
}
