// What the log remembers of a stage that is being worked on: since when, and the end of its output.
import Stages

/// Stages are told apart by image and name: their texts can be long.
struct StageKey: Hashable, Sendable {
    let image: String
    let name: String

    init(_ title: StageTitle) {
        image = title.image
        name = title.name
    }
}

struct StageLog: Sendable {
    /// Lines of output that are repeated when the stage fails.
    static let tailLinesMax = 20

    enum Activity: Sendable {
        case build
        case store(repo: String)
    }

    struct Line: Sendable {
        let text: String
        /// The number that the log gave to what it printed then; nil when the line was not printed.
        let entry: Int?
    }

    var activity: Activity
    let startedAt: Duration
    private(set) var tail: [Line] = []

    init(_ activity: Activity, at time: Duration) {
        self.activity = activity
        startedAt = time
    }

    mutating func append(_ line: Line) {
        if tail.count == Self.tailLinesMax { tail.removeFirst() }
        tail.append(line)
    }

    /// True when the reader who has read entry `last` just now has the whole tail before their eyes: nothing of
    /// others stands in between. `own` entries after the tail are the stage's, too.
    func isInSight(last: Int, own: Int) -> Bool {
        guard let first = tail.first else { return true }
        guard let entry = first.entry else { return false }
        return last - entry + 1 == Set(tail.compactMap(\.entry)).count + own
    }

    static func heading(_ activity: Activity?, _ title: StageTitle) -> String {
        let name = LogStyle.name(title)
        guard case .store(let repo) = activity else { return "Building stage \(name)" }
        return "Store stage \(name) into \(HarmlessText.title(repo))"
    }
}
