// Shows a build's events: a live view on a terminal, plain lines elsewhere.
import Foundation
import Glibc
import Reports
import Synchronization

/// Takes events from any thread; writes in order on one.
final class Console: Sendable {
    /// One of the two. Changed where they lie: a second owner would make each change a copy of all that was said.
    private struct View {
        var log: ConsoleLog?
        var live: LiveView?
    }

    private let view: Mutex<View>
    private let output: Int32
    private let start = ContinuousClock().now
    private let isEnded = Atomic(false)

    /// How often a live view is drawn anew.
    private static let tickMilliseconds: UInt32 = 100
    private static let defaultWidth = 140

    /// `isResult` false keeps standard output free for what a command is asked for.
    init(_ flags: LogFlags, isResult: Bool = true) throws {
        output = isResult ? STDOUT_FILENO : STDERR_FILENO
        let isTerminal = isatty(output) == 1
        let colours = try Self.colours(flags.logColorMode, isTerminal: isTerminal)
        let size = Self.terminalSize()
        var options = LogOptions()
        options.level = Self.level(flags)
        options.isPretty = flags.logPretty
        options.hasColours = colours
        options.width = flags.logTerminalWidth ?? (isTerminal ? size.columns : Self.defaultWidth)
        if flags.logTime { options.timePrefix = { _ in Self.clock() + " " } }
        let isLive: Bool = isTerminal && flags.logPretty && options.level != .quiet
        let live = isLive ? LiveView(options, columns: size.columns, rows: size.rows) : nil
        view = Mutex(View(log: isLive ? nil : ConsoleLog(options), live: live))
        guard isLive else { return }
        let ticker = Thread { [weak self] in
            while let self, !isEnded.load(ordering: .relaxed) {
                tick()
                usleep(Self.tickMilliseconds * 1_000)
            }
        }
        ticker.start()
    }

    private static func level(_ flags: LogFlags) -> LogOptions.Level {
        if flags.logQuiet { return .quiet }
        if flags.logDebug { return .debug }
        return flags.logVerbose ? .verbose : .normal
    }

    func show(_ event: BuildEvent) {
        view.withLock { view in
            if let text = view.log?.step(event, at: elapsed) { write(text) }
            if let bytes = view.live?.step(event, at: elapsed) { write(bytes, to: output) }
        }
    }

    private func tick() {
        view.withLock { view in
            if let bytes = view.live?.tick(at: elapsed) { write(bytes, to: output) }
        }
    }

    /// Writes what stands at the end: the summary, or why it failed; and the terminal as it was.
    func end(failure: String? = nil) {
        isEnded.store(true, ordering: .relaxed)
        view.withLock { view in
            if let text = view.log?.finish(failure: failure, at: elapsed) { write(text) }
            if let bytes = view.live?.finish(failure: failure, at: elapsed) { write(bytes, to: output) }
        }
    }

    private func write(_ text: ConsoleLog.Text) {
        write(Array(text.output.utf8), to: output)
        write(Array(text.errors.utf8), to: STDERR_FILENO)
    }

    private var elapsed: Duration { start.duration(to: ContinuousClock().now) }

    private func write(_ bytes: [UInt8], to output: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(output, $0.baseAddress, $0.count) }
            // A reader that went away is no reason to stop building.
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private static func colours(_ mode: String, isTerminal: Bool) throws -> Bool {
        switch mode {
        case "on": return true
        case "off": return false
        case "auto": return isTerminal && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
        default: throw UsageError("--log-color-mode=\(mode): auto, on and off are known")
        }
    }

    /// RFC 3339 in UTC, as werf's --log-time has it.
    private static func clock() -> String { Date().formatted(.iso8601) }

    private static func terminalSize() -> (columns: Int, rows: Int) {
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return (defaultWidth, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}
