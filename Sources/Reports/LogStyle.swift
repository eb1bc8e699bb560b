// The look of log lines: borders, colours, and the block of facts about a stage.
import Digests
import Stages

struct LogStyle: Sendable {
    var options: LogOptions

    enum Paint: String {
        case finalImage = "33;1"
        case intermediateImage = "36;1"
        case title = "1"
        case failure = "31;1"
        case warning = "33"
        case faint = "2"
    }

    func paint(_ text: String, _ paint: Paint?) -> String {
        guard options.hasColours, let paint, !text.isEmpty else { return text }
        return "\u{1B}[\(paint.rawValue)m\(text)\u{1B}[0m"
    }

    /// A block, as werf draws one: `rows` between a title and the same title with `ending`.
    func block(_ title: String, _ rows: [String], ending: String = "", paint color: Paint = .title) -> [String] {
        let first = paint(title, color)
        let last = paint(title + ending, color)
        guard options.isPretty else { return [first] + rows + [last] }
        return ["┌ " + first] + rows.map { $0.isEmpty ? "│" : "│ " + $0 } + ["└ " + last]
    }

    /// Keys stand to the right in nine columns.
    func info(_ facts: StageFacts) -> [String] {
        var size = ReadableNumber.bytes(facts.byteCount)
        if let added = facts.addedByteCount {
            size += added < 0 ? " (\(ReadableNumber.bytes(added)))" : " (+\(ReadableNumber.bytes(added)))"
        }
        var rows = [
            "     name: \(HarmlessText.title(facts.name))", "       id: \(facts.imageID.short)",
            "  created: \(ReadableNumber.date(unixNanoseconds: facts.createdAt))", "     size: \(size)",
        ]
        if !facts.commit.isEmpty { rows.append("   commit: \(HarmlessText.title(facts.commit))") }
        return rows
    }

    static func seconds(_ duration: Duration) -> String { "(\(ReadableNumber.seconds(duration)) seconds)" }

    /// `IMAGE/STAGE`
    static func name(_ title: StageTitle) -> String { HarmlessText.title(title.description) }
}
