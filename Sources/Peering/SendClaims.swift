// What a client is sending at this moment: a second node waits and asks the first, instead of getting it from here, too.
import Digests
import Synchronization

package final class SendClaims: Sendable {
    private struct State {
        var claimed: Set<BlobDigest> = []
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Those that nobody sends yet: the caller does, and gives them back.
    func claim(_ digests: [BlobDigest]) -> [BlobDigest] {
        state.withLock { state in digests.filter { state.claimed.insert($0).inserted } }
    }

    func giveBack(_ digests: [BlobDigest]) {
        let waiters = state.withLock { state in
            state.claimed.subtract(digests)
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when something was given back, and at once when nothing of `digests` is claimed. Whoever claims gives back,
    /// also when it fails or is cancelled: so nobody waits for ever.
    func waitForChange(of digests: [BlobDigest]) async {
        await withCheckedContinuation { continuation in
            let mustWait = state.withLock { state in
                guard digests.contains(where: state.claimed.contains) else { return false }
                state.waiters.append(continuation)
                return true
            }
            if !mustWait { continuation.resume() }
        }
    }
}
