// The connections of a listener: who may come, who is there, and when the last has gone.
import Synchronization

final class ConnectionTable: Sendable {
    /// How to end one connection; callable from any thread.
    struct Entry: Sendable {
        let address: String
        let close: @Sendable () -> Void
        /// Ends it when its exchanges have ended. Nil until its protocol is known.
        var drain: (@Sendable () -> Void)?
    }

    private struct State: Sendable {
        var entries: [Int: Entry] = [:]
        var countOf: [String: Int] = [:]
        var lastNumber = 0
        var tasks = 0
        var isDraining = false
        var isListening = true
        var waiters: [CheckedContinuation<Void, Never>] = []

        var isOver: Bool { !isListening && entries.isEmpty && tasks == 0 }

        mutating func takeWaiters() -> [CheckedContinuation<Void, Never>] {
            guard isOver else { return [] }
            defer { waiters = [] }
            return waiters
        }
    }

    private let state = Mutex(State())

    /// Nil when there are too many, or the listener goes away.
    func admit(_ entry: Entry, _ limits: LinkLimits) -> Int? {
        state.withLock { state in
            guard !state.isDraining, state.entries.count < limits.connectionsMax,
                state.countOf[entry.address, default: 0] < limits.connectionsPerAddressMax
            else { return nil }
            state.lastNumber += 1
            state.entries[state.lastNumber] = entry
            state.countOf[entry.address, default: 0] += 1
            return state.lastNumber
        }
    }

    func setDrain(_ number: Int, _ drain: @escaping @Sendable () -> Void) {
        let isDraining = state.withLock { state in
            state.entries[number]?.drain = drain
            return state.isDraining
        }
        if isDraining { drain() }
    }

    func left(_ number: Int) {
        wake { state in
            guard let entry = state.entries.removeValue(forKey: number) else { return }
            let count = state.countOf[entry.address, default: 1] - 1
            state.countOf[entry.address] = count > 0 ? count : nil
        }
    }

    func taskBegan() { state.withLock { $0.tasks += 1 } }
    func taskEnded() { wake { $0.tasks -= 1 } }
    func listenerClosed() { wake { $0.isListening = false } }

    private func wake(_ change: (inout sending State) -> Void) {
        let waiters = state.withLock { state in
            change(&state)
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Connections end when their exchanges have; those without a protocol end now.
    func drain() {
        let entries = state.withLock { state in
            state.isDraining = true
            return Array(state.entries.values)
        }
        for entry in entries { (entry.drain ?? entry.close)() }
    }

    func closeAll() {
        let entries = state.withLock { state in
            state.isDraining = true
            return Array(state.entries.values)
        }
        for entry in entries { entry.close() }
    }

    /// Returns when the listener is closed and the last connection and task have gone.
    func ended() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.isOver { state.waiters.append(continuation) }
                return state.isOver
            }
            if isOver { continuation.resume() }
        }
    }
}
