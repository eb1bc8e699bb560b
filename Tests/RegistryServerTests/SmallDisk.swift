// A thread with a small disk that only it sees, on which a registry can run: to be filled.
import CLinux
import Glibc
import Synchronization
import SystemPackage
import Testing
import Threads

/// The mount belongs to the thread and ends with it; so all that touches files runs there.
// Safety: the jobs are read and written only while `signal` is locked; the thread is joined by who made it.
@safe final class SmallDiskThread: TaskExecutor, @unchecked Sendable {
    private let signal = Signal()
    private var jobs: [UnownedJob] = []
    private var isEnded = false
    private let isMounted = Mutex(false)
    let path: FilePath

    /// Runs `body` with everything of it on a thread whose `path` is a file system of 4 MiB.
    static func run(_ body: @Sendable (SmallDiskThread) async throws -> Void) async throws {
        let executor = SmallDiskThread()
        try #require(unsafe mkdir(executor.path.string, 0o700) == 0)
        defer { unsafe rmdir(executor.path.string) }
        guard let thread = WorkerThread({ executor.work() }) else { return }
        defer {
            executor.end()
            thread.join()
        }
        try await withTaskExecutorPreference(executor) {
            try #require(executor.isMounted.withLock { $0 }, "needs root")
            try await body(executor)
        }
    }

    private init() { path = FilePath("/tmp/weft-test-disk-\(UInt64.random(in: .min ... .max))") }

    private func mountDisk() {
        guard linux_unshare_mounts() == 0 else { return }
        let mounted = unsafe "size=4m".withCString { unsafe mount("tmpfs", path.string, "tmpfs", 0, $0) }
        isMounted.withLock { $0 = mounted == 0 }
    }

    private func work() {
        mountDisk()
        while true {
            signal.lock()
            while jobs.isEmpty, !isEnded { signal.wait() }
            let next = jobs.isEmpty ? nil : jobs.removeFirst()
            signal.unlock()
            guard let next else { return }
            unsafe next.runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        signal.lock()
        jobs.append(job)
        signal.unlockAndWake()
    }

    private func end() {
        signal.lock()
        isEnded = true
        signal.unlockAndWake()
    }
}
