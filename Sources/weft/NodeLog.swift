// A node's log: lines for people, or JSON for collectors; one line a message on standard error.
import Foundation
import Logging
import Settings
import Synchronization

struct NodeLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let label: String
    private let isJSON: Bool

    /// Lines of several tasks are not mixed.
    private static let gate = Mutex(())

    init(label: String, _ settings: LogSettings) {
        self.label = label
        isJSON = settings.format == .json
        logLevel =
            switch settings.level {
            case .debug: .debug
            case .info: .info
            case .warning: .warning
            case .error: .error
            }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        for (key, value) in event.metadata ?? [:] { all[key] = value }
        let fields = all.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        let time = Date().ISO8601Format(.iso8601(timeZone: .gmt, includingFractionalSeconds: true))
        let line =
            isJSON
            ? Self.json(time, "\(event.level)", label, "\(event.message)", fields)
            : "\(time) \(event.level) \(label): \(event.message)"
                + fields.map { " \($0)=\(Self.quoted($1))" }.joined()
        Self.gate.withLock { _ in FileHandle.standardError.write(Data((line + "\n").utf8)) }
    }

    /// Values come from peers, too: nothing of them ends a line or looks like another field.
    private static func quoted(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") }
        return isPlain ? text : encoded(text)
    }

    private static func json(
        _ time: String, _ level: String, _ label: String, _ message: String, _ fields: [(String, String)]
    ) -> String {
        let all = [("time", time), ("level", level), ("logger", label), ("message", message)] + fields
        return "{" + all.map { "\(encoded($0)):\(encoded($1))" }.joined(separator: ",") + "}"
    }

    private static func encoded(_ text: String) -> String {
        let data = try? JSONEncoder().encode(text)
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}
