// A blob that is being pushed, in one request or in many.
import BlobStore
import Digests
import HTTPMessages
import HTTPTypes
import Synchronization

final class Upload: Sendable {
    let id: UploadID
    let repo: RepoName
    /// Who began it, for limits.
    let host: String

    private struct State {
        /// Nil when it has ended.
        var writer: BlobWriter?
        /// Grows with each request that writes: only the latest may, since the one before may hang on a dead connection.
        var turn = 0
        var lastUsed: ContinuousClock.Instant
    }

    private let state: Mutex<State>

    init(_ id: UploadID, repo: RepoName, host: String, writer: sending BlobWriter, now: ContinuousClock.Instant) {
        (self.id, self.repo, self.host) = (id, repo, host)
        state = Mutex(State(writer: writer, lastUsed: now))
    }

    var location: String { "/v2/\(repo)/blobs/uploads/\(id)" }

    var lastUsed: ContinuousClock.Instant { state.withLock { $0.lastUsed } }

    /// Bytes so far.
    var size: Int64 {
        get throws(RegistryRefusal) {
            guard let size = state.withLock({ $0.writer?.size }) else { throw Self.gone }
            return size
        }
    }

    static var gone: RegistryRefusal { RegistryRefusal(.uploadUnknown, "there is no such upload; begin a new one") }

    /// Begins a request that writes: a number for `append`. `start`: where its bytes belong; nil: at the end.
    func takeTurn(at start: Int64?) throws(RegistryRefusal) -> Int {
        let (turn, size) = state.withLock { state -> (Int?, Int64?) in
            guard let size = state.writer?.size, start == nil || start == size else { return (nil, state.writer?.size) }
            state.turn += 1
            return (state.turn, size)
        }
        if let turn { return turn }
        guard let size else { throw Self.gone }
        throw outOfOrder(size)
    }

    private func outOfOrder(_ size: Int64) -> RegistryRefusal {
        RegistryRefusal(
            .uploadInvalid, "the chunk does not begin where the upload ends, at byte \(size)",
            status: .rangeNotSatisfiable, fields: [.location: location, .range: Self.range(size)])
    }

    /// `0-0` for nothing, too: the form has no other.
    static func range(_ size: Int64) -> String { "0-\(max(0, size - 1))" }

    func append(_ piece: [UInt8], _ turn: Int, atMost bytesMax: Int64, now: ContinuousClock.Instant) throws {
        try state.withLock { state in
            guard state.turn == turn else {
                throw RegistryRefusal(.uploadInvalid, "another request goes on with this upload", status: .conflict)
            }
            guard let writer = state.writer else { throw Self.gone }
            guard writer.size + Int64(piece.count) <= bytesMax else {
                throw RegistryRefusal(
                    .sizeInvalid, "a blob has at most \(bytesMax) bytes here", status: .contentTooLarge)
            }
            try writer.append(piece)
            state.lastUsed = now
        }
    }

    /// Verifies all of it and puts it into the store. The upload has ended then, whatever comes of it.
    func finish(_ digest: BlobDigest) throws {
        try state.withLock { state in
            guard let writer = state.writer.take() else { throw Self.gone }
            _ = try writer.finish(expecting: digest)
        }
    }

    /// Removes what was received.
    func drop() { state.withLock { $0.writer = nil } }
}
