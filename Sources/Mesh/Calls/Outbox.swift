// What waits to be written to a link: short messages pass between the parts of a long one.
import Synchronization

/// One writer takes frames; anybody adds messages. A long message (more than a frame) goes out in parts, one such
/// message at a time, so that the other side keeps the parts of one only.
final class Outbox: Sendable {
    /// What a message is about, so that it can be taken back.
    enum Withdrawn {
        /// Nothing of it was sent.
        case whole
        /// Parts of it were sent; the other side is told to drop them.
        case partly
        /// It was sent, or was never here.
        case not
    }

    fileprivate struct Entry {
        let bytes: [UInt8]
        let call: UInt64?
        var sent = 0
        /// Resumed when the last of it is taken, or when it never will be.
        let done: CheckedContinuation<Void, Never>?
    }

    fileprivate struct State {
        var short: ArraySlice<Entry> = []
        var long: ArraySlice<Entry> = []
        var isLongNext = false
        var owesDrop = false
        var farewell: [UInt8]?
        var isClosed = false
        var writer: CheckedContinuation<Void, Never>?
    }

    private let framesMax: Int
    private let state = Mutex(State())

    /// - Parameter framesMax: messages that wait.
    init(framesMax: Int) { self.framesMax = framesMax }

    // MARK: Adding

    /// False when too much waits already. After the end it takes everything, and nothing goes out.
    func post(_ frame: CallFrame, call: UInt64? = nil) -> Bool {
        let entry = Entry(bytes: frame.bytes, call: call, done: nil)
        return add(entry)
    }

    /// Returns when the message was taken by the writer, or never will be.
    func send(_ frame: CallFrame) async {
        let bytes = frame.bytes
        await withCheckedContinuation { done in
            let isAdded = add(Entry(bytes: bytes, call: nil, done: done), mayExceed: true)
            if !isAdded { done.resume() }
        }
    }

    private func add(_ entry: Entry, mayExceed: Bool = false) -> Bool {
        let (isAdded, writer) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard !state.isClosed else { return (entry.done == nil, nil) }
            guard mayExceed || state.short.count + state.long.count < framesMax else { return (false, nil) }
            if entry.bytes.count > frameBytesMax { state.long.append(entry) } else { state.short.append(entry) }
            return (true, state.takeWriter())
        }
        writer?.resume()
        return isAdded
    }

    /// Takes back the call `id`, as far as it wasn't sent.
    func withdraw(call id: UInt64) -> Withdrawn {
        state.withLock { state in
            if let place = state.short.firstIndex(where: { $0.call == id }) {
                state.short.remove(at: place)
                return .whole
            }
            guard let place = state.long.firstIndex(where: { $0.call == id }) else { return .not }
            let entry = state.long.remove(at: place)
            guard entry.sent > 0 else { return .whole }
            state.owesDrop = true
            return .partly
        }
    }

    /// Nothing goes out any more but `farewell`.
    func close(farewell: CallFrame?) {
        let bytes = farewell?.bytes
        let (writer, entries) = state.withLock { state -> (CheckedContinuation<Void, Never>?, [Entry]) in
            guard !state.isClosed else { return (nil, []) }
            state.isClosed = true
            state.farewell = bytes
            let entries = Array(state.short + state.long)
            (state.short, state.long) = ([], [])
            return (state.takeWriter(), entries)
        }
        for entry in entries { entry.done?.resume() }
        writer?.resume()
    }

    // MARK: Taking

    /// The next frame; nil after the last. One writer.
    func next() async -> [UInt8]? {
        while true {
            let (frame, done, isClosed) = state.withLock { $0.takeFrame() }
            done?.resume()
            if let frame { return frame }
            if isClosed { return nil }
            await wait()
        }
    }

    private func wait() async {
        await withCheckedContinuation { writer in
            let isReady = state.withLock { state -> Bool in
                guard state.isEmpty else { return true }
                state.writer = writer
                return false
            }
            if isReady { writer.resume() }
        }
    }
}

extension Outbox.State {
    fileprivate var isEmpty: Bool { short.isEmpty && long.isEmpty && !owesDrop && !isClosed }

    fileprivate mutating func takeWriter() -> CheckedContinuation<Void, Never>? {
        defer { writer = nil }
        return writer
    }

    fileprivate mutating func takeFrame() -> (frame: [UInt8]?, done: CheckedContinuation<Void, Never>?, isClosed: Bool)
    {
        if isClosed {
            defer { farewell = nil }
            return (farewell, nil, true)
        }
        if owesDrop {
            owesDrop = false
            return (CallFrame.drop.bytes, nil, false)
        }
        // They take turns: neither waits for all of the other.
        if isLongNext || short.isEmpty, !long.isEmpty {
            isLongNext = false
            let (frame, done) = takePart()
            return (frame, done, false)
        }
        isLongNext = true
        let entry = short.popFirst()
        return (entry?.bytes, entry?.done, false)
    }

    private mutating func takePart() -> (frame: [UInt8], done: CheckedContinuation<Void, Never>?) {
        let place = long.startIndex
        let entry = long[place]
        let rest = entry.bytes[entry.sent...]
        guard rest.count > CallFrame.partBytesMax else {
            long.removeFirst()
            return (CallFrame.last(rest).bytes, entry.done)
        }
        long[place].sent += CallFrame.partBytesMax
        return (CallFrame.part(rest.prefix(CallFrame.partBytesMax)).bytes, nil)
    }
}
