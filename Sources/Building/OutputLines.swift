// Cuts the output of a step into lines, hides secrets in them, and reports each.
import Reports
import Stages
import Synchronization

final class OutputLines: Sendable {
    private struct Pending {
        var bytes: [UInt8] = []
    }

    private let title: StageTitle
    private let secrets: [[UInt8]]
    private let report: @Sendable (BuildEvent) -> Void
    private let pending = Mutex<[Pending]>([Pending(), Pending()])

    /// Bytes of one line; a longer one is reported in pieces.
    private static let lineBytesMax = 64 << 10
    /// A shorter secret would hide ordinary text.
    private static let secretBytesMin = 4

    init(title: StageTitle, secrets: [[UInt8]], report: @escaping @Sendable (BuildEvent) -> Void) {
        self.title = title
        // The longest first: a secret may contain another.
        self.secrets = secrets.flatMap { Self.lines(of: $0) }.filter { $0.count >= Self.secretBytesMin }
            .sorted { $0.count > $1.count }
        self.report = report
    }

    /// A secret of several lines is hidden line by line.
    private static func lines(of secret: [UInt8]) -> [[UInt8]] {
        secret.split(separator: UInt8(ascii: "\n")).map { Array($0) }
    }

    func append(_ bytes: [UInt8], isError: Bool) {
        let lines = pending.withLock { pending -> [[UInt8]] in
            let index = isError ? 1 : 0
            var lines: [[UInt8]] = []
            for byte in bytes {
                if byte == UInt8(ascii: "\n") || pending[index].bytes.count >= Self.lineBytesMax {
                    lines.append(pending[index].bytes)
                    pending[index].bytes = []
                    if byte == UInt8(ascii: "\n") { continue }
                }
                pending[index].bytes.append(byte)
            }
            return lines
        }
        for line in lines { send(line, isError: isError) }
    }

    /// Reports what stands without a newline at the end.
    func finish() {
        let rest = pending.withLock { pending in
            let rest = pending.map(\.bytes)
            pending = [Pending(), Pending()]
            return rest
        }
        for (index, line) in rest.enumerated() where !line.isEmpty { send(line, isError: index == 1) }
    }

    private func send(_ line: [UInt8], isError: Bool) {
        var text = String(decoding: line, as: UTF8.self)
        if text.hasSuffix("\r") { text.removeLast() }
        for secret in secrets { text = text.replacing(String(decoding: secret, as: UTF8.self), with: "***") }
        report(.stageOutput(title, line: text, isError: isError))
    }
}
