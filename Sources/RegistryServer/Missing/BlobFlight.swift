// A blob on its way here: how much of it has come, and whether it was the right one.
import Digests
import Synchronization

final class BlobFlight: Sendable {
    enum Verdict: Sendable {
        case coming
        case verified
        case failed(any Error)
        /// Who fetched it gave up: another may go on.
        case left
    }

    struct Progress: Sendable {
        /// Nil until the first byte can be read.
        var file: StoredBlob?
        /// Bytes that can be read, not verified yet.
        var available: Int64 = 0
        var verdict = Verdict.coming
    }

    private struct State {
        var progress = Progress()
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextTicket: UInt64 = 0

        func isWorthWaiting(beyond offset: Int64) -> Bool {
            if case .coming = progress.verdict { return progress.available <= offset }
            return false
        }
    }

    let digest: BlobDigest
    let size: Int64
    private let state = Mutex(State())

    init(_ digest: BlobDigest, size: Int64) { (self.digest, self.size) = (digest, size) }

    // MARK: Who fetches

    func begin(_ file: StoredBlob, available: Int64) {
        change { ($0.file, $0.available) = (file, available) }
    }

    func advance(to available: Int64) { change { $0.available = available } }

    /// The first end counts.
    func end(_ verdict: Verdict) {
        change { progress in
            if case .coming = progress.verdict { progress.verdict = verdict }
        }
    }

    private func change(_ body: (inout Progress) -> Void) {
        let waiting = state.withLock { state in
            body(&state.progress)
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume() }
    }

    // MARK: Who reads

    /// Comes back when there is more than `offset` bytes, or an end.
    func progress(beyond offset: Int64) async throws -> Progress {
        while true {
            try Task.checkCancellation()
            let (progress, mustWait) = state.withLock { ($0.progress, $0.isWorthWaiting(beyond: offset)) }
            guard mustWait else { return progress }
            await wait(beyond: offset)
        }
    }

    private func wait(beyond offset: Int64) async {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    guard state.isWorthWaiting(beyond: offset), !Task.isCancelled else { return false }
                    state.waiting[ticket] = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume()
        }
    }
}
