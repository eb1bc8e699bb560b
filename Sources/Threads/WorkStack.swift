// Work for several threads, the newest first: each may add more, and all end when nothing is left and nobody works.

/// Newest first keeps what waits small: a tree is worked off branch by branch, not level by level.
// Safety: all state is read and written only while `signal` is locked.
@safe package final class WorkStack<Work: Sendable>: @unchecked Sendable {
    private let signal = Signal()
    private var waiting: [Work]
    /// Threads between `take` and `done`: as long as there is one, more may come.
    private var busyCount = 0
    private var idleCount = 0
    private var isStopped = false

    package init(_ work: [Work]) { waiting = work }

    package func add(_ work: [Work]) {
        if work.isEmpty { return }
        signal.lock()
        waiting += work
        if idleCount > 0 { signal.unlockAndWake() } else { signal.unlock() }
    }

    /// What is to be done next, to be followed by `done`; nil when all is done, or stopped. Waits while others work.
    package func take() -> Work? {
        signal.lock()
        while !isStopped {
            if let work = waiting.popLast() {
                busyCount += 1
                signal.unlock()
                return work
            }
            if busyCount == 0 { break }
            idleCount += 1
            signal.wait()
            idleCount -= 1
        }
        signal.unlock()
        return nil
    }

    package func done() {
        signal.lock()
        busyCount -= 1
        if busyCount == 0, waiting.isEmpty { signal.unlockAndWake() } else { signal.unlock() }
    }

    /// What waits is dropped.
    package func stop() {
        signal.lock()
        isStopped = true
        signal.unlockAndWake()
    }

    /// Runs `body` on `threadCount` threads, this one included, or on fewer when the system gives no more; comes back when
    /// all have returned.
    package func run(on threadCount: Int, _ body: @escaping @Sendable () -> Void) {
        let others = (1..<max(1, threadCount)).compactMap { _ in WorkerThread(body) }
        body()
        for thread in others { thread.join() }
    }
}
