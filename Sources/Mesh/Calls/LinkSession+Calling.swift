// Calls that this side makes: each ends with an answer, a deadline, a cancellation or the end of the link.
import Synchronization

extension LinkSession {
    /// What the peer answered. Throws `CancellationError` as soon as the caller is cancelled; then, and when `timeout`
    /// is over, the peer is told to stop.
    func call(_ target: CallTarget, actor: String, arguments: [[UInt8]], timeout: Duration) async throws -> [UInt8] {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let request = CallFrame.call(
            CallRequest(id: id, target: target.name, actor: actor, timeLeft: timeout, arguments: arguments))
        let late = CallError.late(peer: peer.name, target: target.name)
        let deadline = clock.now() + timeout
        return try await withThrowingDiscardingTaskGroup(returning: [UInt8].self) { group in
            group.addTask { [self] in
                guard (try? await clock.sleep(timeout)) != nil else { return }
                giveUp(id, late)
            }
            defer { group.cancelAll() }
            return try await answer(to: id, request, late, deadline: deadline)
        }
    }

    private func answer(
        to id: UInt64, _ request: CallFrame, _ late: CallError, deadline: Duration
    ) async throws -> [UInt8] {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                if let error = register(Waiter(continuation: continuation, late: late), id) {
                    return continuation.resume(throwing: error)
                }
                // The handler below may have run before there was a waiter.
                guard !Task.isCancelled else { return giveUp(id, CancellationError()) }
                post(request, call: id)
                // Given up while it was posted: nobody else takes it back.
                if state.withLock({ $0.waiters[id] == nil }) { takeBack(id) }
                // So may the timer.
                if clock.now() >= deadline { giveUp(id, late) }
            }
        } onCancel: {
            giveUp(id, CancellationError())
        }
    }

    /// The reason why the call can't be made; nil when `waiter` will be resumed.
    private func register(_ waiter: Waiter, _ id: UInt64) -> (any Error)? {
        state.withLock { state in
            if let end = state.end { return LinkLost(peer: peer.name, reason: "\(end)") }
            guard state.waiters.count < limits.outgoingCallsMax else { return CallError.busy(peer: peer.name) }
            state.waiters[id] = waiter
            return nil
        }
    }

    /// Ends a call that waits; does nothing when it has ended.
    private func giveUp(_ id: UInt64, _ error: any Error) {
        guard let waiter = state.withLock({ $0.waiters.removeValue(forKey: id) }) else { return }
        waiter.continuation.resume(throwing: error)
        takeBack(id)
    }

    private func takeBack(_ id: UInt64) {
        guard case .not = outbox.withdraw(call: id) else { return }
        post(.cancel(id: id))
    }

    /// An answer for which nobody waits any more is only counted.
    func answered(_ id: UInt64, _ result: Result<[UInt8], CallFailure>) {
        guard let waiter = state.withLock({ $0.waiters.removeValue(forKey: id) }) else {
            return counts.add(\.lateAnswers)
        }
        waiter.continuation.resume(
            with: result.mapError { $0.error(peer: peer.name, late: waiter.late) as any Error })
    }
}
