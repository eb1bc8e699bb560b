// The slots of a node as tasks see them: they wait for one, and give it back.
import Synchronization

final class Admission: Sendable {
    private struct State {
        var queue: SlotQueue
        var waiters: [SlotQueue.Ticket: CheckedContinuation<Void, Never>] = [:]
        var granted: Set<SlotQueue.Ticket> = []
        var isClosed = false
    }

    private let state: Mutex<State>

    init(slots: Int) { state = Mutex(State(queue: SlotQueue(slots: slots))) }

    var counts: (running: Int, waiting: Int) { state.withLock { ($0.queue.runningCount, $0.queue.waitingCount) } }

    /// Nothing new begins; what waits is refused.
    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// The result of `work`, once there is a slot; nil when the node takes nothing more.
    func run<Value: Sendable>(_ build: String, _ work: () async throws -> Value) async throws -> Value? {
        guard let ticket = state.withLock({ $0.isClosed ? nil : $0.queue.enter(build) }) else { return nil }
        defer { leave(ticket) }
        await wait(for: ticket)
        try Task.checkCancellation()
        guard state.withLock({ $0.granted.contains(ticket) }) else { return nil }
        return try await work()
    }

    private func wait(for ticket: SlotQueue.Ticket) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { $0.waiters[ticket] = continuation }
                if Task.isCancelled { wake(ticket) }
                grant()
            }
        } onCancel: {
            wake(ticket)
        }
    }

    private func wake(_ ticket: SlotQueue.Ticket) {
        state.withLock { $0.waiters.removeValue(forKey: ticket) }?.resume()
    }

    private func leave(_ ticket: SlotQueue.Ticket) {
        state.withLock { state in
            state.queue.leave(ticket)
            state.granted.remove(ticket)
        }
        grant()
    }

    private func grant() {
        let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard !state.isClosed else {
                defer { state.waiters = [:] }
                return Array(state.waiters.values)
            }
            return state.queue.grant().compactMap { ticket in
                state.granted.insert(ticket)
                return state.waiters.removeValue(forKey: ticket)
            }
        }
        for waiter in woken { waiter.resume() }
    }
}
