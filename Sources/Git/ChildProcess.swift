// Starts a program with three descriptors of our choice; all others of this program are closed on exec.
// `environ` is a variable of C: it is read, never written, here or elsewhere in this program.
@unsafe @preconcurrency import Glibc
import SystemPackage

// Safety: argument and environment arrays live only for the call of posix_spawn, which copies them.

/// A running child; the owner waits for it exactly once.
struct ChildProcess {
    /// How a process ended.
    enum Status: Equatable {
        case exited(Int32), signaled(Int32)

        var text: String {
            switch self {
            case .exited(let code): "failed with code \(code)"
            case .signaled(let signal): "was ended by signal \(signal)"
            }
        }
    }

    private let id: pid_t

    /// Starts the program at the path `executable`; `arguments` begin with its name. `environment` (`NAME=value`)
    /// replaces the inherited one.
    init(
        _ executable: String, _ arguments: [String], environment: [String], input: FileDescriptor,
        output: FileDescriptor,
        errors: FileDescriptor
    ) throws(Errno) {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input.rawValue, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output.rawValue, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, errors.rawValue, 2)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // The child begins with no blocked and no ignored signals, whatever the runtime here does with them.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var started: pid_t = 0
        var values = unsafe Self.copies(arguments)
        var variables = unsafe Self.copies(environment)
        defer { unsafe (values + variables).forEach { unsafe free($0) } }
        let code = unsafe posix_spawn(&started, executable, &actions, &attributes, &values, &variables)
        guard code == 0 else { throw Errno(rawValue: code) }
        id = started
    }

    private static func copies(_ strings: [String]) -> [UnsafeMutablePointer<CChar>?] {
        unsafe strings.map { unsafe strdup($0) } + [nil]
    }

    func kill() { _ = Glibc.kill(id, SIGKILL) }

    func wait() throws(Errno) -> Status {
        var status: Int32 = 0
        while unsafe waitpid(id, &status, 0) < 0 {
            guard errno == EINTR else { throw Errno(rawValue: errno) }
        }
        let signal = status & 0x7f
        return signal == 0 ? .exited(status >> 8 & 0xff) : .signaled(signal)
    }

    /// The variables of this process, `NAME=value`.
    static func inheritedEnvironment() -> [String] {
        var variables: [String] = []
        var next = unsafe environ
        while let variable = unsafe next.pointee {
            variables.append(unsafe String(cString: variable))
            unsafe next += 1
        }
        return variables
    }
}
