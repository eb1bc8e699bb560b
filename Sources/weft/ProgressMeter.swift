// One line on a terminal that says how far a hashing is, when it takes longer than a second.
import FileTrees
import Foundation
import Glibc
import Synchronization

final class ProgressMeter: Sendable {
    private static let delay = Duration.seconds(1)
    private static let tickMicroseconds: UInt32 = 200_000

    private let progress: HashProgress
    private let start = ContinuousClock().now
    /// Guards the terminal's line, too.
    private let isEnded: Mutex<Bool>

    /// Without a terminal on standard error there is nothing to show.
    init(_ progress: HashProgress) {
        self.progress = progress
        let isTerminal = isatty(STDERR_FILENO) == 1
        isEnded = Mutex(!isTerminal)
        guard isTerminal else { return }
        let ticker = Thread { [weak self] in
            while let self, tick() { usleep(Self.tickMicroseconds) }
        }
        ticker.start()
    }

    private func tick() -> Bool {
        isEnded.withLock { isEnded in
            let elapsed = start.duration(to: ContinuousClock().now)
            if !isEnded, elapsed > Self.delay { Self.write("\r\u{1B}[K" + Self.text(progress, elapsed)) }
            return !isEnded
        }
    }

    static func text(_ progress: HashProgress, _ elapsed: Duration) -> String {
        let megabytes = progress.byteCount / 1_000_000
        return "\(progress.fileCount) files, \(megabytes) MB, \(elapsed.components.seconds) s"
    }

    /// Takes the line away while `body` writes; it comes back at the next tick.
    func whileHidden<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) {
        try isEnded.withLock { isEnded throws(Failure) in
            if !isEnded { Self.write("\r\u{1B}[K") }
            try body()
        }
    }

    func end() {
        isEnded.withLock { isEnded in
            if !isEnded { Self.write("\r\u{1B}[K") }
            isEnded = true
        }
    }

    private static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
