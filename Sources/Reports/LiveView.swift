// The log on a terminal: finished lines scroll by, a block below shows what goes on.
import Stages

/// Told of events and of time, answers the bytes to write, one chunk for each update. Between two updates lie at
/// least `frameInterval`: what is said in between waits for the next `step` or `tick`, so whoever uses a view ticks
/// it about every 100 ms. `finish` or `restore` must be the last call: they give the cursor back.
package struct LiveView: Sendable {
    package static let frameInterval = Duration.milliseconds(50)
    /// Bytes of lines that wait for the next update; more are written at once.
    private static let pendingBytesMax = 65_536

    private var log: ConsoleLog
    private var progress = BuildProgress()
    private var transfers = TransferMeter()
    private var screen: Screen
    private var pending: [String] = []
    private var pendingByteCount = 0
    private var drawnAt: Duration?

    /// - Parameters:
    ///   - columns: of the terminal; the log is wrapped there unless `options` have a width.
    ///   - rows: of the terminal.
    package init(_ options: LogOptions, columns: Int, rows: Int) {
        var options = options
        if options.width == nil { options.width = columns }
        log = ConsoleLog(options, showsTransfers: false)
        screen = Screen(columns: columns, rows: rows)
    }

    /// - Parameter time: since the start of the build.
    package mutating func step(_ event: BuildEvent, at time: Duration) -> [UInt8] {
        add(log.handle(event, at: time), at: time)
        progress.step(event, at: time)
        if case .transferred(let transfer, let byteCount, let total) = event {
            transfers.step(transfer, byteCount: byteCount, total: total, at: time)
        }
        return tick(at: time)
    }

    /// Draws what changed since the last update; nothing when that was just now.
    package mutating func tick(at time: Duration) -> [UInt8] {
        let isEarly = drawnAt.map { time - $0 < Self.frameInterval } ?? false
        guard !isEarly || pendingByteCount > Self.pendingBytesMax else { return [] }
        return draw(at: time)
    }

    /// The terminal has another size now.
    package mutating func resize(columns: Int, rows: Int, at time: Duration) -> [UInt8] {
        if log.style.options.width == screen.columns { log.style.options.width = columns }
        screen.resize(columns: columns, rows: rows)
        return draw(at: time)
    }

    /// The end of the log in the place of the block.
    /// - Parameter failure: why the build failed; nil when it did not.
    package mutating func finish(failure: String?, at time: Duration) -> [UInt8] {
        add(log.end(failure: failure, at: time), at: time)
        return restore()
    }

    /// Writes what waits, takes the block away and shows the cursor: for an end that nobody planned, too.
    package mutating func restore() -> [UInt8] {
        let bytes = screen.update(lines: pending, rows: []) + screen.showCursor()
        forgetPending()
        return bytes
    }

    private mutating func add(_ lines: [ConsoleLog.Line], at time: Duration) {
        let prefix = log.style.options.timePrefix?(time) ?? ""
        for line in lines {
            pending.append(prefix + line.text)
            pendingByteCount += prefix.utf8.count + line.text.utf8.count
        }
    }

    private mutating func draw(at time: Duration) -> [UInt8] {
        let rows = LiveBlock(style: log.style, columns: screen.rowColumnsMax, rows: screen.rowsMax)
            .rows(progress, transfers, at: time)
        let bytes = screen.update(lines: pending, rows: log.style.options.level == .quiet ? [] : rows)
        forgetPending()
        drawnAt = time
        return bytes
    }

    private mutating func forgetPending() {
        pending = []
        pendingByteCount = 0
    }
}
