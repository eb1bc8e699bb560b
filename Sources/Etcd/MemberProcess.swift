// One run of etcd as a child process: started, read, stopped and reaped by one blocked thread.
import CLinux
import Glibc
import SystemPackage

// Safety: arrays of arguments live for the call that starts the program, which copies them; the box of the thread's
// body is retained for the thread and released once, by the thread.

/// How it ended: the exit code, or 128 and the signal.
struct MemberEnd: Hashable, Sendable {
    let code: Int32
    let isStopped: Bool
}

enum MemberProcess {
    /// After SIGTERM, before SIGKILL. etcd hands its leadership over meanwhile.
    static let stopLimit = Duration.seconds(10)
    /// After it ended: something else may hold its output.
    private static let drainLimit = Duration.seconds(1)
    private static let lineBytesMax = 16 << 10
    private static let readBytes = 64 << 10

    /// Returns when it has ended. Cancelled, it is asked to end, and killed when it does not. The kernel kills it when
    /// this process ends, too.
    static func run(
        _ arguments: [String], started: @escaping @Sendable (Int32) -> Void,
        log: @escaping @Sendable (String) -> Void
    ) async throws -> MemberEnd {
        let stop = try Event()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let box = Box {
                    continuation.resume(with: Result { try live(arguments, stop, started: started, log: log) })
                }
                let context = unsafe Unmanaged.passRetained(box).toOpaque()
                let code = unsafe linux_thread(
                    { context in
                        guard let context = unsafe context else { return nil }
                        unsafe Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
                        return nil
                    }, context)
                if code < 0 {
                    unsafe Unmanaged<Box>.fromOpaque(context).release()
                    continuation.resume(throwing: Errno(rawValue: -code))
                }
            }
        } onCancel: {
            stop.raise()
        }
    }

    private final class Box: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// A flag that the thread waits for beside other descriptors.
    private final class Event: Sendable {
        let descriptor: CInt

        init() throws(Errno) { descriptor = try checked(linux_eventfd()) }

        deinit { close(descriptor) }

        func raise() {
            var one: UInt64 = 1
            _ = unsafe write(descriptor, &one, 8)
        }
    }

    private static func checked(_ code: CInt) throws(Errno) -> CInt {
        guard code >= 0 else { throw Errno(rawValue: -code) }
        return code
    }

    /// The thread that starts it stays until it has ended: the kernel would kill it otherwise.
    private static func live(
        _ arguments: [String], _ stop: Event, started: (Int32) -> Void, log: (String) -> Void
    ) throws -> MemberEnd {
        var ends: [CInt] = [-1, -1]
        _ = try checked(unsafe linux_pipe(&ends))
        defer { close(ends[0]) }
        let spawned = spawn(arguments, output: ends[1])
        close(ends[1])
        let process = try checked(spawned)
        started(process)
        var output = LineCutter(bytesMax: lineBytesMax)
        do {
            let code = try watch(process, output: ends[0], stop, &output, log)
            if let rest = output.finish() { log(String(decoding: rest, as: UTF8.self)) }
            return code
        } catch {
            kill(process, SIGKILL)
            _ = linux_wait(process)
            throw error
        }
    }

    private static func watch(
        _ process: CInt, output: CInt, _ stop: Event, _ cutter: inout LineCutter, _ log: (String) -> Void
    ) throws -> MemberEnd {
        let clock = ContinuousClock()
        let exit = try checked(linux_pidfd(process))
        defer { close(exit) }
        var isReading = true
        var killAt: ContinuousClock.Instant?
        var isKilled = false
        var ended: (code: CInt, at: ContinuousClock.Instant)?
        while true {
            if let ended, !isReading || ended.at.duration(to: clock.now) > drainLimit {
                return MemberEnd(code: ended.code, isStopped: killAt != nil)
            }
            let watched = [
                isReading ? output : -1, ended == nil ? exit : -1, killAt == nil && ended == nil ? stop.descriptor : -1,
            ]
            let pause: CInt = killAt == nil && ended == nil ? -1 : 100
            let ready = try checked(unsafe linux_wait_readable(watched, 3, pause))
            if ready & 1 != 0 { isReading = read(output, &cutter, log) }
            if ready & 2 != 0 { ended = (try checked(linux_wait(process)), clock.now) }
            guard ended == nil else { continue }
            if killAt == nil, ready & 4 != 0 {
                kill(process, SIGTERM)
                killAt = clock.now + stopLimit
            }
            if let killAt, !isKilled, clock.now >= killAt {
                kill(process, SIGKILL)
                isKilled = true
            }
        }
    }

    /// False at the end.
    private static func read(_ output: CInt, _ cutter: inout LineCutter, _ log: (String) -> Void) -> Bool {
        var bytes = [UInt8](repeating: 0, count: readBytes)
        let count = unsafe Glibc.read(output, &bytes, bytes.count)
        if count < 0, errno == EINTR { return true }
        guard count > 0 else { return false }
        for line in cutter.take(bytes[..<count]) {
            switch line {
            case .whole(let text): log(String(decoding: text, as: UTF8.self))
            case .cut(let text): log(String(decoding: text, as: UTF8.self) + "…")
            }
        }
        return true
    }

    /// etcd takes settings from variables, too: it gets none of ours. 3.4 does not start on arm64 without being told so.
    private static let environment = [
        "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/", "ETCD_UNSUPPORTED_ARCH=arm64",
    ]

    private static func spawn(_ arguments: [String], output: CInt) -> CInt {
        guard let path = arguments.first else { return -EINVAL }
        var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer { unsafe (words + variables).forEach { unsafe free($0) } }
        return unsafe linux_spawn_bound(path, &words, &variables, output)
    }
}
