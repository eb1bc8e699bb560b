// What the stages of a build say while they run.
import Digests
package import Reports
package import Stages

/// Only `stageStarted`, `stageOutput`, `transferred`, `warning` and `detail`; others are left out.
package struct StageEvents: Sendable {
    package let events: [BuildEvent]

    package init(_ events: [BuildEvent]) { self.events = events.filter(\.isOfStage) }
}

extension BuildEvent {
    /// Whether a worker may say it.
    package var isOfStage: Bool {
        switch self {
        case .stageStarted, .stageOutput, .transferred, .warning, .detail: true
        default: false
        }
    }
}

extension StageTitle: Message {
    package func write(to fields: inout FieldWriter) {
        fields.text(1, image)
        fields.text(2, name)
        fields.text(3, text)
        fields.text(4, place)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        self.init(
            image: try fields.text(1, "image"), name: try fields.text(2, "name"), text: try fields.text(3, "text"),
            place: try fields.text(4, "place"))
    }
}

extension Transfer: Message {
    package func write(to fields: inout FieldWriter) {
        fields.flag(1, direction == .push)
        fields.text(2, subject)
        fields.digest(3, blob)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        let direction: Direction = try fields.flag(1, "isPush") ? .push : .pull
        self.init(direction, subject: try fields.text(2, "subject"), blob: try fields.blobDigest(3, "blob"))
    }
}

/// Nil: an event of a newer version, which this one can't show.
private struct SentEvent: Message {
    let event: BuildEvent?

    init(_ event: BuildEvent) { self.event = event }

    func write(to fields: inout FieldWriter) {
        switch event {
        case .stageStarted(let title): fields.message(1, title)
        case .stageOutput(let title, let line, let isError):
            fields.group(2) { fields in
                fields.message(1, title)
                fields.text(2, line)
                fields.flag(3, isError)
            }
        case .transferred(let transfer, let byteCount, let total):
            fields.group(3) { fields in
                fields.message(1, transfer)
                fields.count(2, byteCount)
                fields.count(3, present: total)
            }
        case .warning(let text): fields.text(4, present: text)
        case .detail(let text): fields.text(5, present: text)
        default: break
        }
    }

    init(from fields: inout FieldReader) throws(MessageError) {
        switch try fields.nextTag() {
        case 1: event = .stageStarted(try fields.message(1, "started"))
        case 2:
            event = try fields.group(2, "output") { fields throws(MessageError) in
                .stageOutput(
                    try fields.message(1, "title"), line: try fields.text(2, "line"),
                    isError: try fields.flag(3, "isError"))
            }
        case 3:
            event = try fields.group(3, "transferred") { fields throws(MessageError) in
                .transferred(
                    try fields.message(1, "transfer"), byteCount: try fields.count(2, "byteCount"),
                    total: try fields.optionalCount(3, "total"))
            }
        case 4: event = .warning(try fields.text(4, "warning"))
        case 5: event = .detail(try fields.text(5, "detail"))
        default: event = nil
        }
    }
}

extension StageEvents: Message {
    package func write(to fields: inout FieldWriter) { fields.messages(1, events.map(SentEvent.init)) }

    package init(from fields: inout FieldReader) throws(MessageError) {
        events = try fields.messages(1, "events", as: SentEvent.self).compactMap(\.event)
    }
}
