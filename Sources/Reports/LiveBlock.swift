// The rows at the bottom of a terminal: progress, running stages, transfers.
import Stages

struct LiveBlock {
    /// Below so few columns a row says nothing; no block is drawn.
    private static let columnsMin = 16
    /// Columns for the seconds in front of a stage: `9999.9s`.
    private static let secondsColumns = 7

    let style: LogStyle
    /// Columns of a row, at most.
    let columns: Int
    /// Rows, at most.
    let rows: Int

    struct Row: Equatable {
        let text: String
        /// Without what colours take.
        let columns: Int
    }

    /// The first rows matter most: where there is little room, the others are left out.
    func rows(_ progress: BuildProgress, _ transfers: TransferMeter, at time: Duration) -> [Row] {
        guard rows > 0, columns >= Self.columnsMin, progress.knownCount > 0 || !transfers.rows(at: time).isEmpty else {
            return []
        }
        var block = [row(summary(progress, at: time), .title)]
        let moving = transfers.rows(at: time).prefix(max(0, rows - 2))
        let running = progress.running
        let room = rows - block.count - moving.count
        let shown = running.count <= room ? running.count : max(0, room - 1)
        block += running.prefix(shown).map { stage($0, at: time) }
        if shown < running.count, room > 0 { block.append(row("  … and \(running.count - shown) more", .faint)) }
        if let longest = running.first, !longest.lastLine.isEmpty, shown > 0, block.count + moving.count < rows {
            block.insert(row(indent + longest.lastLine, .faint), at: 2)
        }
        return block + moving.map { row("  " + $0, nil) }
    }

    private var indent: String { String(repeating: " ", count: Self.secondsColumns + 4) }

    private func row(_ text: String, _ paint: LogStyle.Paint?) -> Row {
        let text = TextWidth.shortened(text, to: columns)
        return Row(text: style.paint(text, paint), columns: TextWidth.columns(text))
    }

    private func summary(_ progress: BuildProgress, at time: Duration) -> String {
        var text = "Building: \(progress.doneCount) of \(progress.knownCount) stages done"
        if progress.reusedCount > 0 { text += ", \(progress.reusedCount) reused" }
        if progress.failedCount > 0 { text += ", \(progress.failedCount) failed" }
        return text + ", \(ReadableNumber.tenths(time))s"
    }

    private func stage(_ running: BuildProgress.Running, at time: Duration) -> Row {
        let seconds = ReadableNumber.tenths(time - running.startedAt) + "s"
        let padding = String(repeating: " ", count: max(0, Self.secondsColumns - seconds.utf8.count))
        let what = running.isStore ? "storing" : HarmlessText.title(running.title.text)
        return row("  \(padding)\(seconds)  \(LogStyle.name(running.title))  \(what)", nil)
    }
}
