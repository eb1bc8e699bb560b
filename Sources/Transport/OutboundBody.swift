// A body that is being sent: held to its promised length, and pulled piece by piece as the peer takes it.
import HTTPMessages
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Confined to one event loop.
struct OutboundBody {
    let body: Body
    /// Bytes that are still promised; nil when no length was said.
    private var left: Int64?

    init(_ body: Body, length: Int64?) {
        self.body = body
        left = length
    }

    /// A body shorter or longer than its promise fails: it must not look whole.
    mutating func pull(orCall ready: @escaping @Sendable () -> Void) -> Body.Pulled {
        let pulled = body.pull(orCall: ready)
        guard let promised = left else { return pulled }
        switch pulled {
        case .piece(let piece):
            guard promised >= Int64(piece.count) else { return broken("it is longer than its promised length") }
            left = promised - Int64(piece.count)
        case .end where promised > 0: return broken("it is shorter than its promised length")
        case .end, .failed, .later: break
        }
        return pulled
    }

    private func broken(_ reason: String) -> Body.Pulled {
        body.abandon()
        return .failed(Body.Failure.broken(reason))
    }
}

/// Reads part of a file into a body, off the event loop: while one piece is being sent, the next is read.
final class FileReader: Sendable {
    /// Bytes of one read.
    static let pieceBytes = 256 << 10

    private struct State {
        var next: Int64
        var unread = 0
        var isReading = false
        var isAbandoned = false
    }

    private let part: FilePart
    private let end: Int64
    private let state: Mutex<State>

    private init(_ part: FilePart) {
        self.part = part
        end = part.offset + part.count
        state = Mutex(State(next: part.offset))
    }

    static func body(of part: FilePart) -> Body {
        let reader = FileReader(part)
        let box = WeakBody()
        let body = Body(
            taken: { count in
                reader.state.withLock { $0.unread -= count }
                if let body = box.body.withLock({ $0.value }) { reader.readAhead(into: body) }
            },
            abandoned: { reader.state.withLock { $0.isAbandoned = true } })
        box.body.withLock { $0.value = body }
        reader.readAhead(into: body)
        return body
    }

    /// The body's calls must not keep the body alive.
    private final class WeakBody: Sendable {
        struct Reference: Sendable { weak var value: Body? }
        let body = Mutex(Reference())
    }

    private func readAhead(into body: Body) {
        let mustRead = state.withLock { state in
            guard !state.isReading, !state.isAbandoned, state.unread < Self.pieceBytes, state.next < end else {
                return false
            }
            state.isReading = true
            return true
        }
        guard mustRead else { return endIfEmpty(body) }
        NIOThreadPool.singleton.submit { _ in self.readPiece(into: body) }
    }

    private func endIfEmpty(_ body: Body) {
        if part.count == 0 { body.finish() }
    }

    private func readPiece(into body: Body) {
        let offset = state.withLock { $0.next }
        let count = Int(min(Int64(Self.pieceBytes), end - offset))
        var failure: Int32 = 0
        let piece = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let read = unsafe pread(part.descriptor, buffer.baseAddress, count, off_t(offset))
            failure = read < 0 ? errno : 0
            filled = max(0, read)
        }
        guard failure != EINTR else { return readPiece(into: body) }
        guard !piece.isEmpty else {
            return body.fail(
                Body.Failure.broken(failure == 0 ? "the file has become shorter" : "read error \(failure)"))
        }
        let isLast = state.withLock { state in
            state.next += Int64(piece.count)
            state.unread += piece.count
            state.isReading = false
            return state.next >= end
        }
        body.offer(piece)
        if isLast { body.finish() } else { readAhead(into: body) }
    }
}
