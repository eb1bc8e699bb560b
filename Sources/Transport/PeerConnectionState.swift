// What a connection's loop and the tasks that use it both see: whether it is ready, and why it ended.
import Synchronization

extension PeerConnection {
    /// What the loop and the tasks that use the connection both see.
    final class Shared: Sendable {
        private struct State: Sendable {
            var mailbox: Mailbox<LinkMail>?
            var failure: TransportFailure?
            var certificate: [UInt8]?
            var waiters: [CheckedContinuation<Void, Never>] = []
            var endWaiters: [CheckedContinuation<Void, Never>] = []
        }

        let isUsable = Atomic(false)
        let counters = TrafficCounters()
        private let state = Mutex(State())

        var mailbox: Mailbox<LinkMail>? { state.withLock { $0.mailbox } }
        var failure: TransportFailure? { state.withLock { $0.failure } }
        var certificate: [UInt8]? { state.withLock { $0.certificate } }

        func showed(_ certificate: [UInt8]?) { state.withLock { $0.certificate = certificate } }

        func becameReady(_ mailbox: Mailbox<LinkMail>) {
            let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
                guard state.mailbox == nil, state.failure == nil else { return [] }
                state.mailbox = mailbox
                defer { state.waiters = [] }
                return state.waiters
            }
            isUsable.store(true, ordering: .relaxed)
            for waiter in waiters { waiter.resume() }
        }

        func ended(_ failure: TransportFailure) {
            isUsable.store(false, ordering: .relaxed)
            let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
                state.failure = state.failure ?? failure
                defer {
                    state.waiters = []
                    state.endWaiters = []
                }
                return state.waiters + state.endWaiters
            }
            for waiter in waiters { waiter.resume() }
        }

        /// Returns when the peer has accepted us, or the connection failed.
        func settled() async {
            await withCheckedContinuation { continuation in
                let isSettled = state.withLock { state in
                    guard state.mailbox == nil, state.failure == nil else { return true }
                    state.waiters.append(continuation)
                    return false
                }
                if isSettled { continuation.resume() }
            }
        }

        func end() async {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard state.failure == nil else { return true }
                    state.endWaiters.append(continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        }
    }
}
