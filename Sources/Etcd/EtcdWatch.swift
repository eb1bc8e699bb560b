// A watch: the changes of some keys as they are agreed on, from a revision on.
import FoundationEssentials

package enum KeyChange: Hashable, Sendable {
    case put(KeyValue)
    case deleted(key: [UInt8], revision: Int64)
}

package enum WatchNews: Hashable, Sendable {
    /// In the order of the history. `isWhole` is false while more of the same revision follows.
    case changes([KeyChange], revision: Int64, isWhole: Bool)
    /// Nothing else happened up to this revision.
    case progress(revision: Int64)
    /// The history from the first revision asked for up to this one is gone: the watch has ended.
    case compacted(revision: Int64)
}

/// One stream at one member. It ends with an error when that member is lost; who watches begins another one at the
/// revision after the last whole one.
package struct EtcdWatch {
    private var messages: EtcdMessages
    private var isOver = false

    fileprivate init(_ messages: EtcdMessages) { self.messages = messages }

    /// Nil after the history was found gone. Throws `EtcdError` and `CancellationError`.
    package mutating func next() async throws -> WatchNews? {
        while !isOver {
            guard let message = try await messages.next(WrittenWatch.self) else {
                throw messages.ended("the watch was ended")
            }
            guard let news = message.news else { continue }
            if case .compacted = news { isOver = true }
            return news
        }
        return nil
    }
}

extension EtcdClient {
    /// Changes from `revision` on, that one included.
    package func watch(_ keys: KeyRange, from revision: Int64) async throws -> EtcdWatch {
        let body = RequestText.object { text in
            text.object("create_request") { text in
                keys.write(to: &text)
                text.number("start_revision", revision)
                text.flag("progress_notify", true)
                text.flag("fragment", true)
            }
        }
        var messages = try await open(EtcdCall("watch", "/v3/watch", body, isWrite: false))
        guard let first = try await messages.next(WrittenWatch.self) else {
            throw messages.ended("the watch was ended")
        }
        guard first.created == true, first.canceled != true else {
            throw messages.ended("the watch was refused: \(Refusal.printable(first.cancel_reason ?? "no reason"))")
        }
        return EtcdWatch(messages)
    }
}

private struct WrittenWatch: Decodable {
    struct Event: Decodable {
        let type: String?
        let kv: WrittenPair?

        var change: KeyChange? {
            guard let pair = kv?.pair else { return nil }
            return type == "DELETE" ? .deleted(key: pair.key, revision: pair.modRevision) : .put(pair)
        }
    }

    let header: WrittenHeader?
    let created: Bool?
    let canceled: Bool?
    let cancel_reason: String?
    let compact_revision: WrittenInt?
    let fragment: Bool?
    let events: [Event]?

    /// Nil for what says nothing.
    var news: WatchNews? {
        if let compact_revision, compact_revision.value > 0 { return .compacted(revision: compact_revision.value) }
        if canceled == true { return nil }
        let revision = header?.revision?.value ?? 0
        let changes = (events ?? []).compactMap(\.change)
        guard let last = changes.last else { return created == true ? nil : .progress(revision: revision) }
        return .changes(changes, revision: last.revision, isWhole: fragment != true)
    }
}

extension KeyChange {
    var revision: Int64 {
        switch self {
        case .put(let pair): pair.modRevision
        case .deleted(_, let revision): revision
        }
    }
}
