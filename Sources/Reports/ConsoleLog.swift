// The log of a build as lines: plain output, and what scrolls by above the live view.
import Digests
import Stages

/// Told of each event, answers the text to write. Warnings and errors go to the error stream, as in werf.
package struct ConsoleLog: Sendable {
    /// What to write, each to its stream.
    package struct Text: Equatable, Sendable {
        package var output = ""
        package var errors = ""
    }

    struct Line {
        let text: String
        let isError: Bool
    }

    struct Failure {
        let title: StageTitle
        let message: String
        let duration: Duration?
        let log: StageLog
        /// The entry that told of it.
        let entry: Int
    }

    /// Failures that are told again at the end; of more only the number.
    static let repeatedFailuresMax = 10
    /// Distinct warnings that are repeated at the end; of more only the number.
    static let warningsMax = 100
    /// Time between two lines about bytes that move.
    static let transferNoticeInterval = Duration.seconds(30)

    var style: LogStyle
    var plan = PlanText()
    var stages: [StageKey: StageLog] = [:]
    /// Where a stage was given to; only other nodes than the host that was asked.
    var nodes: [StageKey: String] = [:]
    var work = NodeWork()
    var records: [ImageRecord] = []
    var warnings: [String] = []
    var unlistedWarningCount = 0
    var failures: [Failure] = []
    var transfers = TransferMeter()
    /// A live view shows transfers itself.
    let showsTransfers: Bool
    private var nextTransferNotice = Self.transferNoticeInterval
    /// How many pieces were printed: what one event said is one piece.
    private(set) var entryCount = 0
    private var lines: [Line] = []

    package init(_ options: LogOptions) { self.init(options, showsTransfers: true) }

    init(_ options: LogOptions, showsTransfers: Bool) {
        style = LogStyle(options: options)
        self.showsTransfers = showsTransfers
    }

    /// - Parameter time: since the start of the build.
    package mutating func step(_ event: BuildEvent, at time: Duration) -> Text {
        // In two steps: in one, the log would be copied for `text` before it changes, with all records.
        let lines = handle(event, at: time)
        return text(lines, at: time)
    }

    /// The end of the log: what failed, the summary, the warnings again, the running time.
    /// - Parameter failure: why the build failed; nil when it did not.
    package mutating func finish(failure: String?, at time: Duration) -> Text {
        let lines = end(failure: failure, at: time)
        return text(lines, at: time)
    }

    func text(_ lines: [Line], at time: Duration) -> Text {
        let prefix = style.options.timePrefix?(time) ?? ""
        var text = Text()
        for line in lines {
            let row = prefix + line.text + "\n"
            if line.isError { text.errors += row } else { text.output += row }
        }
        return text
    }

    mutating func handle(_ event: BuildEvent, at time: Duration) -> [Line] {
        switch event {
        case .planned(let sets, let limit): planned(sets, limit)
        case .imageStarted(let image): say(.verbose, [label(image)])
        case .stageReused(let title, let facts): reused(title, facts)
        case .stepRemembered(let title): say(.normal, ["Use remembered step \(LogStyle.name(title))"])
        // What it is assigned for is said when that starts.
        case .assigned(let title, let assignment):
            nodes[StageKey(title)] = assignment.nodeName.isEmpty ? nil : HarmlessText.title(assignment.nodeName)
        case .stageSupply: break
        case .stageStarted(let title): started(title, at: time)
        case .stageOutput(let title, let line, _): output(title, line)
        case .stageRan(let title, let duration, let count): ran(title, duration, layerByteCount: count)
        case .publishStarted(let title, let repo): publishing(title, repo, at: time)
        case .stagePublished(let title, let facts, let duration, let adopted):
            published(title, facts, duration, isAdopted: adopted)
        case .stageFailed(let title, let message): failed(title, message, at: time)
        case .stageStopped(let title): stopped(title, at: time)
        case .transferred(let transfer, let count, let total): transferred(transfer, count, total, at: time)
        case .imageFinished(let record): finished(record)
        case .warning(let text): warn(text)
        case .detail(let text): say(.verbose, HarmlessText.lines(text))
        case .missing(let title, let digest):
            complain(["Stage \(LogStyle.name(title)) is not in the repo: nothing has the digest \(digest)"])
        }
        return takeLines()
    }

    mutating func takeLines() -> [Line] {
        defer { lines = [] }
        if !lines.isEmpty { entryCount += 1 }
        return lines
    }

    mutating func say(_ level: LogOptions.Level, _ rows: [String]) {
        guard style.options.level >= level else { return }
        lines += rows.map { Line(text: $0, isError: false) }
    }

    /// Errors are said on every level.
    mutating func complain(_ rows: [String]) { lines += rows.map { Line(text: $0, isError: true) } }

    func label(_ image: String) -> String { style.paint(plan.label(image, style), plan.paint(image)) }

    private mutating func planned(_ sets: [[PlannedImage]], _ limit: Int?) {
        plan = PlanText(sets: sets, limit: limit)
        let rows = plan.lines(style.options)
        if !rows.isEmpty { say(.normal, rows + [""]) }
    }

    private mutating func warn(_ text: String) {
        guard style.options.level > .quiet else { return }
        let rows = HarmlessText.lines(text)
        let warning = (["WARNING: " + (rows.first ?? "")] + rows.dropFirst()).joined(separator: "\n")
        if warnings.contains(warning) { return }
        if warnings.count < Self.warningsMax { warnings.append(warning) } else { unlistedWarningCount += 1 }
        complain(warning.split(separator: "\n").map { style.paint(String($0), .warning) })
    }

    private mutating func transferred(_ transfer: Transfer, _ count: Int64, _ total: Int64?, at time: Duration) {
        guard showsTransfers else { return }
        transfers.step(transfer, byteCount: count, total: total, at: time)
        if count == total {
            let verb = transfer.direction == .pull ? "Pulled" : "Pushed"
            let size = ReadableNumber.bytes(count)
            say(.verbose, ["\(verb) \(transfer.blob.short) of \(HarmlessText.title(transfer.subject)), \(size)"])
        }
        guard time >= nextTransferNotice else { return }
        nextTransferNotice = time + Self.transferNoticeInterval
        say(.normal, transfers.rows(at: time))
    }
}
