// A body on its way: pieces of bytes from one writer to one reader, with as much between them as `roomMax` and no more.
import Synchronization

/// The way of back-pressure: `write` waits while more than `roomMax` bytes are unread, and whoever moves bytes over a
/// connection credits its peer only for what the reader took. The end may be an error; a reader that goes away ends the
/// writer, too. Whoever moves bytes into a body for a reader holds it weakly: a reader that lets go of it has gone away.
package final class Body: Sendable {
    /// Unread bytes above which a writer waits.
    package static let roomMax = 512 << 10

    package enum Failure: Error, Hashable, CustomStringConvertible {
        /// The other side went away: `reason` in words.
        case broken(String)

        package var description: String {
            switch self {
            case .broken(let reason): "the body ended early: \(reason)"
            }
        }
    }

    /// What a reader finds that does not wait.
    package enum Pulled: Sendable {
        /// Never empty.
        case piece([UInt8])
        case end
        case failed(any Error)
        /// Nothing yet; the call that was given comes once, as soon as there is something.
        case later
    }

    private enum End: Sendable {
        case open
        case finished
        case failed(any Error)
    }

    private enum Reader {
        case none
        case waits(CheckedContinuation<Void, Never>)
        case isCalled(@Sendable () -> Void)

        func wake() {
            switch self {
            case .none: break
            case .waits(let continuation): continuation.resume()
            case .isCalled(let call): call()
            }
        }
    }

    private struct State: ~Copyable {
        var pieces = PieceQueue()
        var end = End.open
        var reader = Reader.none
        var writers: [CheckedContinuation<Void, Never>] = []
        var isAbandoned = false

        var isFull: Bool { pieces.byteCount > roomMax && !isAbandoned }

        mutating func takeReader() -> Reader {
            defer { reader = .none }
            return reader
        }
    }

    private let state = Mutex(State())
    /// Called with the number of bytes that the reader took or threw away; on the reader's thread.
    private let taken: @Sendable (Int) -> Void
    /// Called once when the reader gives up before the end.
    private let abandoned: @Sendable () -> Void

    package init(
        taken: @escaping @Sendable (Int) -> Void = { _ in }, abandoned: @escaping @Sendable () -> Void = {}
    ) {
        self.taken = taken
        self.abandoned = abandoned
    }

    /// A body that is there already.
    package convenience init(_ bytes: [UInt8]) {
        self.init()
        offer(bytes)
        finish()
    }

    deinit { abandon() }

    // MARK: Writing

    /// Adds a piece without waiting: for those who credit by `taken`. False when nobody reads any more.
    @discardableResult
    package func offer(_ piece: [UInt8]) -> Bool {
        let reader = state.withLock { state -> Reader? in
            guard !state.isAbandoned, case .open = state.end else { return nil }
            guard !piece.isEmpty else { return Reader.none }
            state.pieces.append(piece)
            return state.takeReader()
        }
        reader?.wake()
        return reader != nil
    }

    /// Adds a piece, and waits until there is room. Throws when nobody reads any more, or the task is cancelled.
    package func write(_ piece: [UInt8]) async throws {
        try Task.checkCancellation()
        guard offer(piece) else { throw Failure.broken("nobody reads it any more") }
        while state.withLock({ $0.isFull }) {
            await withTaskCancellationHandler {
                await withCheckedContinuation { waitForRoom($0) }
            } onCancel: {
                wakeWriters()
            }
            try Task.checkCancellation()
        }
        if state.withLock({ $0.isAbandoned }) { throw Failure.broken("nobody reads it any more") }
    }

    private func waitForRoom(_ continuation: CheckedContinuation<Void, Never>) {
        let mustWait = state.withLock { state in
            guard state.isFull, !Task.isCancelled else { return false }
            state.writers.append(continuation)
            return true
        }
        if !mustWait { continuation.resume() }
    }

    /// More is unread than should be: for writers that can't wait in `write`.
    package var isFull: Bool { state.withLock { $0.isFull } }

    package func finish() { end(.finished) }

    /// The reader gets what was written, and then the error.
    package func fail(_ error: any Error) { end(.failed(error)) }

    private func end(_ end: End) {
        let reader = state.withLock { state -> Reader in
            guard case .open = state.end else { return .none }
            state.end = end
            return state.takeReader()
        }
        reader.wake()
        wakeWriters()
    }

    private func wakeWriters() {
        let writers = state.withLock { state in
            defer { state.writers = [] }
            return state.writers
        }
        for writer in writers { writer.resume() }
    }

    /// The reader took everything that came.
    package var isDrained: Bool { state.withLock { $0.pieces.isEmpty } }

    // MARK: Reading

    /// What there is now. When there is nothing, `ready` is called once as soon as there is, on the writer's thread.
    package func pull(orCall ready: @escaping @Sendable () -> Void) -> Pulled {
        let pulled = state.withLock { state -> Pulled in
            guard !state.isAbandoned else { return .failed(Failure.broken("it was thrown away")) }
            if let piece = state.pieces.takeFirst() { return .piece(piece) }
            switch state.end {
            case .finished: return .end
            case .failed(let error): return .failed(error)
            case .open:
                state.reader = .isCalled(ready)
                return .later
            }
        }
        if case .piece(let piece) = pulled {
            wakeWriters()
            taken(piece.count)
        }
        return pulled
    }

    /// The next piece, never empty; nil at the end. Throws what the writer failed with, or when the task is cancelled.
    package func next() async throws -> [UInt8]? {
        while true {
            switch pull(orCall: {}) {
            case .piece(let piece): return piece
            case .end: return nil
            case .failed(let error): throw error
            case .later: try await waitForPiece()
            }
        }
    }

    private func waitForPiece() async throws {
        try Task.checkCancellation()
        await withTaskCancellationHandler {
            await withCheckedContinuation { waitToRead($0) }
        } onCancel: {
            state.withLock { $0.takeReader() }.wake()
        }
        try Task.checkCancellation()
    }

    private func waitToRead(_ continuation: CheckedContinuation<Void, Never>) {
        let mustWait = state.withLock { state in
            guard state.pieces.isEmpty, case .open = state.end, !state.isAbandoned, !Task.isCancelled else {
                return false
            }
            state.reader = .waits(continuation)
            return true
        }
        if !mustWait { continuation.resume() }
    }

    /// All of it. Throws when there are more than `limit` bytes.
    package func bytes(atMost limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try await next() {
            guard bytes.count + piece.count <= limit else {
                abandon()
                throw Failure.broken("it has more than \(limit) bytes")
            }
            bytes += piece
        }
        return bytes
    }

    /// Nobody wants the rest: writers are told, and what is unread goes.
    package func abandon() {
        let (thrownAway, isEarly, reader) = state.withLock { state -> (Int, Bool, Reader) in
            guard !state.isAbandoned else { return (0, false, .none) }
            state.isAbandoned = true
            let thrownAway = state.pieces.clear()
            guard case .open = state.end else { return (thrownAway, false, .none) }
            return (thrownAway, true, state.takeReader())
        }
        reader.wake()
        wakeWriters()
        if thrownAway > 0 { taken(thrownAway) }
        if isEarly { abandoned() }
    }
}
