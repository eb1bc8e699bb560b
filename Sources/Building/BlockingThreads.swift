// Threads for work that blocks on disks and processes, so that the few threads of the concurrency runtime stay free.
import Foundation
import Synchronization

/// A task executor over a fixed number of threads. Tasks that prefer it may block.
// Safety: all state is behind one mutex; a condition wakes idle threads.
package final class BlockingThreads: TaskExecutor, @unchecked Sendable {
    private let condition = NSCondition()
    private var jobs: [UnownedJob] = []

    /// Starts `count` threads, which live as long as the process.
    package init(count: Int) {
        for number in 0..<count {
            let thread = Thread { [self] in work() }
            thread.name = "weft-disk-\(number)"
            // Tar walks and unpackers keep buffers on the heap; what is deep is bounded.
            thread.stackSize = 1 << 20
            thread.start()
        }
    }

    /// A thread of these that waits for a peer looks again after this, in seconds.
    private static let pauseSeconds = 0.002

    /// Passes a little time: for work on these threads that can't be woken.
    package static func pause() { Thread.sleep(forTimeInterval: pauseSeconds) }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        condition.lock()
        jobs.append(job)
        condition.signal()
        condition.unlock()
    }

    private func work() {
        while true {
            condition.lock()
            while jobs.isEmpty { condition.wait() }
            let job = jobs.removeFirst()
            condition.unlock()
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
