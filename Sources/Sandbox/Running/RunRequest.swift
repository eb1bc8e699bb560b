// What a step runs, and what came of it.
package import SystemPackage

/// One process in a container over a rootfs that is already mounted.
package struct RunRequest: Sendable {
    package enum Network: Sendable {
        /// The host's own.
        case host
        /// Only a loopback of its own.
        case none
        /// One of its own behind a NAT: it reaches what the host reaches, but neither the host itself nor other steps,
        /// nor metadata services. The step then lacks CAP_NET_RAW, and its resolv.conf names the NAT. The network is
        /// used up by the run.
        case nat(PooledNetwork)
    }

    /// The mounted root that the step changes; a host's path.
    package var rootfs: String
    /// An existing private directory on this host; everything the run makes in it is gone when the run ends.
    package var workDirectory: String
    /// Where the OCI runtime keeps what it knows of running containers: one folder per weft process, on a tmpfs such as
    /// below /run. See `Runtime.reap`.
    package var stateRoot: String
    /// Unique on this host: letters, digits, `-` and `_`, at most 64.
    package var id: String
    /// Program and arguments; the program is searched in the step's PATH.
    package var arguments: [String]
    /// `NAME=value`. PATH and HOME are added when they are missing.
    package var environment: [String] = []
    /// Environment variables that must not reach a disk.
    package var secretEnvironment: [String] = []
    /// Absolute path inside the image; made when missing.
    package var workingDirectory = "/"
    /// `USER[:GROUP]`, names or numbers; empty for root.
    package var user = ""
    package var network = Network.host
    package var hostname = RunRequest.defaultHostname
    /// More lines for /etc/hosts.
    package var extraHosts: [ExtraHost] = []
    package var mounts: [StepMount] = []
    package var readOnlyRoot = false
    package var limits = StepLimits()

    /// BuildKit's, as it is visible to what the step builds.
    package static let defaultHostname = "buildkitsandbox"

    package init(rootfs: String, workDirectory: String, stateRoot: String, id: String, arguments: [String]) {
        self.rootfs = rootfs
        self.workDirectory = workDirectory
        self.stateRoot = stateRoot
        self.id = id
        self.arguments = arguments
    }
}

/// A line of /etc/hosts.
package struct ExtraHost: Sendable, Equatable {
    /// An IP address.
    package var address: String
    package var name: String

    package init(address: String, name: String) {
        self.address = address
        self.name = name
    }
}

/// Something mounted into the step.
package struct StepMount: Sendable {
    package enum Source: Sendable {
        /// What the descriptor is open on, a directory or a file; resolved by the caller, never by path again. The
        /// caller keeps it open until the run has ended.
        case descriptor(FileDescriptor)
        /// Bytes; nil for the kernel's default, half of the memory.
        case tmpfs(sizeLimit: Int64?)
        /// A file that lives in memory only.
        case secret(content: [UInt8], mode: UInt32, owner: FileOwner)
    }

    package var source: Source
    /// Absolute path inside the image; missing parts are made, and removed after the run when still empty.
    package var target: String
    package var readOnly: Bool

    /// Bytes of one secret; as BuildKit.
    package static let secretBytesMax = 500 << 10

    /// A directory or file of the host, for `bind`, `cache` and `ssh` mounts.
    package static func bind(_ descriptor: FileDescriptor, at target: String, readOnly: Bool) -> StepMount {
        StepMount(source: .descriptor(descriptor), target: target, readOnly: readOnly)
    }

    package static func tmpfs(at target: String, sizeLimit: Int64? = nil, readOnly: Bool = false) -> StepMount {
        StepMount(source: .tmpfs(sizeLimit: sizeLimit), target: target, readOnly: readOnly)
    }

    package static func secret(
        _ content: [UInt8], at target: String, mode: UInt32 = 0o400, owner: FileOwner = .root
    ) -> StepMount {
        StepMount(source: .secret(content: content, mode: mode, owner: owner), target: target, readOnly: true)
    }
}

/// Bounds of one step. Memory, processes and processors are held by control groups, v2 or v1; what this host's can't
/// enforce is reported through `Runtime.warn` and left out: no rlimit does the same (RLIMIT_AS counts addresses and not
/// memory, RLIMIT_NPROC spares root and counts per user). Time is always held.
package struct StepLimits: Sendable {
    /// Bytes of memory, without swap. In v1 trees the runtime's own few MB are counted, too.
    package var memory: Int64?
    /// Processes and threads. In v1 trees runc's own threads, at most 16, can be used beside them.
    package var processes: Int64?
    /// Processors, as 1.5.
    package var processors: Double?
    /// By the clock, from the start of the runtime on; `SandboxError.timeLimit` tells of it.
    package var time: Duration?

    package init(memory: Int64? = nil, processes: Int64? = nil, processors: Double? = nil, time: Duration? = nil) {
        self.memory = memory
        self.processes = processes
        self.processors = processors
        self.time = time
    }
}

/// How the step's process ended.
package struct RunOutcome: Sendable, Equatable {
    /// 0 to 255; 128 + the signal when a signal ended it.
    package var exitCode: Int32
    /// The step's memory limit was hit.
    package var outOfMemory: Bool
    /// The step was refused a process or thread by its limit; it may have gone on without.
    package var outOfProcesses = false

    /// The signal that ended the process, going by the shells' convention.
    package var signal: Int32? { exitCode > 128 && exitCode <= 128 + 64 ? exitCode - 128 : nil }
}

package enum StepOutput: Sendable {
    case output
    case error
}
