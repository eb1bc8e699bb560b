// Blocking work on a thread of its own, so that Swift's few pool threads never wait for a process.
import CLinux
import Glibc

// Safety: the box is retained for the thread and released once, by the thread.

/// A flag that a blocked thread can wait for beside other descriptors.
final class StopSignal: Sendable {
    let handle: Handle

    init() throws { handle = Handle(owning: try Kernel.checkShim(linux_eventfd(), "make an event", "")) }

    /// May be called from anywhere, any number of times.
    func raise() {
        var one: UInt64 = 1
        _ = unsafe write(handle.raw, &one, 8)
    }

    /// For a signal that is raised again and again: what was raised so far is seen.
    func lower() {
        var count: UInt64 = 0
        _ = unsafe read(handle.raw, &count, 8)
    }
}

/// Runs `work` on a new thread. Cancellation of the task only raises the signal: `work` decides how to end.
func onOwnThread<Result: Sendable>(
    _ work: @escaping @Sendable (StopSignal) throws -> Result
) async throws -> Result {
    let stop = try StopSignal()
    return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
            let box = ThreadBody { continuation.resume(with: Swift.Result { try work(stop) }) }
            let context = unsafe Unmanaged.passRetained(box).toOpaque()
            let code = unsafe linux_thread(
                { context in
                    guard let context = unsafe context else { return nil }
                    unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().body()
                    return nil
                }, context)
            if code < 0 {
                unsafe Unmanaged<ThreadBody>.fromOpaque(context).release()
                continuation.resume(throwing: SystemError(call: "start a thread", path: "", code: -code))
            }
        }
    } onCancel: {
        stop.raise()
    }
}

private final class ThreadBody: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
