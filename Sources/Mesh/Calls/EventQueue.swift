// What a stage says, on its way to the one who watches it: in order, a batch at a time, and never more than a bound.
package import Reports
package import Stages
import Synchronization

/// A stage can't wait for its watcher, as it reports from a closure that returns at once. So what doesn't fit is
/// dropped, and a warning in its place says how much that was.
package final class EventQueue: Sendable {
    /// Events that wait.
    package static let eventsMax = 10_000
    /// Bytes of text that wait.
    package static let bytesMax = 4 << 20
    /// Events that are sent at once.
    package static let batchEventsMax = 1_000
    /// Bytes of text that are sent at once, of more than one event.
    package static let batchBytesMax = 256 << 10
    /// Bytes of one line; the rest is cut.
    package static let lineBytesMax = 64 << 10

    fileprivate struct State {
        var events: ArraySlice<BuildEvent> = []
        var byteCount = 0
        /// Lines that were dropped since the last event that waits.
        var dropped = 0
        var isFinished = false
        /// Nobody hears it any more.
        var isDeaf = false
        var reader: CheckedContinuation<Void, Never>?
    }

    private let title: StageTitle
    private let state = Mutex(State())

    package init(of title: StageTitle) { self.title = title }

    package func add(_ event: BuildEvent) {
        guard event.isOfStage else { return }
        let event = event.cut
        let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.isFinished, !state.isDeaf else { return nil }
            guard state.events.count < Self.eventsMax, state.byteCount + event.textBytes <= Self.bytesMax else {
                if event.isLine { state.dropped += 1 }
                return nil
            }
            note(&state)
            state.events.append(event)
            state.byteCount += event.textBytes
            return state.takeReader()
        }
        reader?.resume()
    }

    /// What comes now may be dropped: whoever can wait does. Never while nobody listens.
    package var isFull: Bool {
        state.withLock {
            !$0.isDeaf && !$0.isFinished
                && ($0.events.count >= Self.eventsMax / 2 || $0.byteCount >= Self.bytesMax / 2)
        }
    }

    /// Nothing is added any more: `deliver` ends when the rest was heard.
    package func finish() {
        let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.isFinished = true
            return state.takeReader()
        }
        reader?.resume()
    }

    /// Hands batches to `hear`, one after the other, until the end. When `hear` throws nobody listens any more, and
    /// the rest is dropped.
    package func deliver(_ hear: (StageEvents) async throws -> Void) async {
        while let batch = await next() {
            do {
                try await hear(StageEvents(batch))
            } catch {
                return state.withLock { state in
                    state.isDeaf = true
                    (state.events, state.byteCount) = ([], 0)
                }
            }
        }
    }

    private func next() async -> [BuildEvent]? {
        while true {
            let (batch, isFinished) = state.withLock { (take(&$0), $0.isFinished || $0.isDeaf) }
            if !batch.isEmpty { return batch }
            if isFinished { return nil }
            await wait()
        }
    }

    private func wait() async {
        await withCheckedContinuation { reader in
            let isReady = state.withLock { state -> Bool in
                guard state.events.isEmpty, !state.isFinished, !state.isDeaf else { return true }
                state.reader = reader
                return false
            }
            if isReady { reader.resume() }
        }
    }

    private func take(_ state: inout State) -> [BuildEvent] {
        var batch: [BuildEvent] = []
        var byteCount = 0
        while batch.count < Self.batchEventsMax, let event = state.events.first {
            guard batch.isEmpty || byteCount + event.textBytes <= Self.batchBytesMax else { break }
            state.events.removeFirst()
            byteCount += event.textBytes
            batch.append(event)
        }
        state.byteCount -= byteCount
        if state.events.isEmpty {
            // The gap comes after all that was kept.
            note(&state)
            batch += state.events
            (state.events, state.byteCount) = ([], 0)
        }
        return batch
    }

    /// Puts a warning where lines are missing.
    private func note(_ state: inout State) {
        guard state.dropped > 0 else { return }
        let text = "\(title): \(state.dropped) lines came faster than they could be sent, and are not shown"
        state.dropped = 0
        state.events.append(.warning(text))
        state.byteCount += text.utf8.count
    }
}

extension EventQueue.State {
    fileprivate mutating func takeReader() -> CheckedContinuation<Void, Never>? {
        defer { reader = nil }
        return reader
    }
}

extension BuildEvent {
    /// Dropped transfers aren't missed: the next one says it all.
    fileprivate var isLine: Bool {
        if case .transferred = self { false } else { true }
    }

    fileprivate var textBytes: Int {
        switch self {
        case .stageOutput(_, let line, _): line.utf8.count
        case .warning(let text), .detail(let text): text.utf8.count
        default: 0
        }
    }

    fileprivate var cut: BuildEvent {
        let max = EventQueue.lineBytesMax
        return switch self {
        case .stageOutput(let title, let line, let isError) where line.utf8.count > max:
            .stageOutput(title, line: line.cut(toBytes: max), isError: isError)
        case .warning(let text): .warning(text.cut(toBytes: max))
        case .detail(let text): .detail(text.cut(toBytes: max))
        default: self
        }
    }
}
