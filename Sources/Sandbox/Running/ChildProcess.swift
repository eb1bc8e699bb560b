// A child process with captured output: started, watched and reaped by one blocked thread.
import CLinux
import Glibc

// Safety: argument arrays live until the child is started; descriptors belong to handles.

/// A started program. It inherits /dev/null and two pipes, nothing else.
struct ChildProcess {
    /// How long output is awaited after the process has ended: something else may hold the pipe.
    static let drainLimit = Duration.seconds(2)
    /// Between two attempts to end a child that is to stop.
    private static let stopPauseMilliseconds: CInt = 20

    /// The environment of every program that weft itself starts.
    private static let environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/"]

    let process: CInt
    private let exit: Handle
    private var outputs: [Handle?]

    init(_ arguments: [String]) throws {
        let output = try Self.pipe()
        let error = try Self.pipe()
        process = try Self.start(arguments, input: nil, output: output.write, error: error.write)
        exit = Handle(owning: try Kernel.checkShim(linux_pidfd(process), "watch", arguments.first ?? ""))
        outputs = [output.read, error.read]
    }

    /// Starts a program with these three descriptors only, /dev/null where there is no input. Who starts it reaps it.
    static func start(_ arguments: [String], input: Handle?, output: Handle, error: Handle) throws -> CInt {
        let process = try unsafe CStrings.with(arguments) { arguments in
            try unsafe CStrings.with(Self.environment) { environment in
                guard let path = unsafe arguments[0] else { return -EINVAL }
                return unsafe linux_spawn(
                    path, UnsafeMutableRawPointer(mutating: arguments).assumingMemoryBound(to: Optional.self),
                    UnsafeMutableRawPointer(mutating: environment).assumingMemoryBound(to: Optional.self),
                    input?.raw ?? -1, output.raw, error.raw)
            }
        }
        defer { withExtendedLifetime((input, output, error)) {} }
        return try Kernel.checkShim(process, "start", arguments.first ?? "")
    }

    static func pipe() throws(SystemError) -> (read: Handle, write: Handle) {
        var ends: [CInt] = [-1, -1]
        try Kernel.checkShim(unsafe linux_pipe(&ends), "make a pipe", "")
        return (Handle(owning: ends[0]), Handle(owning: ends[1]))
    }

    /// Why a child was ended.
    enum StopReason: Equatable {
        case cancelled
        case timeLimit
    }

    /// Waits until the process has ended and its output is read. When the signal is raised or the time is over,
    /// `end` is called again and again, with the time since the first call, until the process is gone.
    mutating func wait(
        stop signal: StopSignal?, limit: Duration?, output: (StepOutput, [UInt8]) -> Void, end: (Duration) -> Void
    ) throws -> (code: Int32, stopped: StopReason?) {
        let clock = ContinuousClock()
        let deadline = limit.map { clock.now.advanced(by: $0) }
        var reason: StopReason?
        var stopping: ContinuousClock.Instant?
        var lastEnd: ContinuousClock.Instant?
        var ended: (code: Int32, at: ContinuousClock.Instant)?
        while true {
            if let ended, outputs.allSatisfy({ $0 == nil }) || ended.at.duration(to: clock.now) > Self.drainLimit {
                return (ended.code, reason)
            }
            let watched = [
                outputs[0]?.raw ?? -1, outputs[1]?.raw ?? -1, ended == nil ? exit.raw : -1,
                reason == nil && ended == nil ? signal?.handle.raw ?? -1 : -1,
            ]
            let pause = reason != nil || ended != nil ? Self.stopPauseMilliseconds : Self.milliseconds(until: deadline)
            let ready = try Kernel.checkShim(unsafe linux_wait_readable(watched, 4, pause), "wait for", "a process")
            if ready & 1 != 0 { try read(0, output) }
            if ready & 2 != 0 { try read(1, output) }
            if ready & 4 != 0 {
                ended = (try Kernel.checkShim(linux_wait(process), "wait for", "a process"), clock.now)
            }
            if ended != nil { continue }
            if reason == nil, ready & 8 != 0 { reason = .cancelled }
            if reason == nil, let deadline, clock.now >= deadline { reason = .timeLimit }
            guard reason != nil else { continue }
            let first = stopping ?? clock.now
            stopping = first
            if let lastEnd, lastEnd.duration(to: clock.now) < .milliseconds(Int64(Self.stopPauseMilliseconds)) {
                continue
            }
            end(first.duration(to: clock.now))
            lastEnd = clock.now
        }
    }

    private mutating func read(_ index: Int, _ output: (StepOutput, [UInt8]) -> Void) throws {
        guard let pipe = outputs[index] else { return }
        let chunk = try Kernel.readChunk(pipe, count: 64 << 10)
        if chunk.isEmpty { outputs[index] = nil } else { output(index == 0 ? .output : .error, chunk) }
    }

    /// For poll: -1 waits forever.
    private static func milliseconds(until deadline: ContinuousClock.Instant?) -> CInt {
        guard let deadline else { return -1 }
        let left = ContinuousClock().now.duration(to: deadline)
        return CInt(
            clamping: max(1, left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000))
    }

    /// Runs a short command to its end and gives its exit code and what it wrote, both outputs together; a command
    /// that takes longer than `limit` is killed.
    static func run(_ arguments: [String], limit: Duration = .seconds(10)) throws -> (code: Int32, text: String) {
        var child = try ChildProcess(arguments)
        let process = child.process
        var written: [UInt8] = []
        let ended = try child.wait(stop: nil, limit: limit) { _, bytes in
            if written.count < Kernel.chunkBytes { written += bytes }
        } end: { _ in
            kill(process, SIGKILL)
        }
        return (ended.code, String(decoding: written, as: UTF8.self))
    }
}
