// The runtime's config.json for a step: a stranger on the host, with Docker's default restrictions.
// Source: OCI runtime-spec 1.0.2 and Docker's defaults as BuildKit applies them.

/// Everything that goes into config.json.
struct RuntimeSpec {
    struct Mount {
        var target: String
        var type: String
        var source: String
        var options: [String]
    }

    var rootfs: String
    var readOnlyRoot = false
    var arguments: [String]
    var environment: [String]
    var workingDirectory: String
    var user: StepUser
    var hostname: String
    var network: RunRequest.Network
    var cgroup: String
    var ownCgroupNamespace: Bool
    var mounts: [Mount]
    var resources: [(String, JSON)]
    /// Where the runtime shares the step's memory limit, the step's processes are killed before it.
    var killsFirst = false
    /// False where the runtime can't filter devices by control group: then none can be made, and those in the image are
    /// dead (`Runtime.prepare` sees to that).
    var filtersDevices: Bool
    /// The filter as the kernel takes it, in base64; crun then leaves the profile alone.
    var compiledFilter: String?

    /// Of 1000: far above any process that runs as usual (proc_pid_oom_score_adj(5)).
    private static let killsFirstScore: Int64 = 500

    /// Docker's default set. In a network of its own CAP_NET_RAW is missing: packet sockets pass by its rules.
    static let capabilities = [
        "CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD",
        "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID",
        "CAP_SYS_CHROOT",
    ]

    static let maskedPaths = [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap",
        "/sys/firmware",
    ]

    static let readOnlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]

    /// Mounts of every step; /run is not among them, as in BuildKit: packages write there.
    static let systemMounts = [
        Mount(target: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]),
        Mount(
            target: "/dev", type: "tmpfs", source: "tmpfs",
            options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        Mount(
            target: "/dev/pts", type: "devpts", source: "devpts",
            options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        Mount(
            target: "/dev/shm", type: "tmpfs", source: "shm",
            options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
        Mount(target: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]),
        Mount(target: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]),
        Mount(
            target: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro", "nosuid", "noexec", "nodev"]),
    ]

    var json: JSON {
        .object([
            ("ociVersion", "1.0.2"),
            ("process", process),
            ("root", .object([("path", .text(rootfs)), ("readonly", .bool(readOnlyRoot))])),
            ("hostname", .text(hostname)),
            ("mounts", .list((Self.systemMounts + mounts).map(Self.mount))),
            ("linux", linux),
            ("annotations", .object(compiledFilter.map { [("run.oci.seccomp_bpf_data", .text($0))] } ?? [])),
        ])
    }

    /// A container that only has its filter prepared.
    static func unstarted(rootfs: String, cgroup: String, filter: JSON) -> JSON {
        let proc = mount(Mount(target: "/proc", type: "proc", source: "proc", options: []))
        let namespaces = JSON.list(["pid", "mount"].map { .object([("type", .text($0))]) })
        return .object([
            ("ociVersion", "1.0.2"),
            (
                "process",
                .object([
                    ("args", .texts(["/none"])), ("cwd", "/"), ("noNewPrivileges", true),
                    ("user", .object([("uid", 0), ("gid", 0)])),
                ])
            ),
            ("root", .object([("path", .text(rootfs))])),
            ("mounts", .list([proc])),
            (
                "linux",
                .object([("namespaces", namespaces), ("cgroupsPath", .text(cgroup)), ("seccomp", filter)])
            ),
        ])
    }

    private var process: JSON {
        let capabilities = JSON.texts(Self.capabilities.filter { $0 != "CAP_NET_RAW" || !hasNAT })
        let score: [(String, JSON)] = killsFirst ? [("oomScoreAdj", .number(Self.killsFirstScore))] : []
        return .object(
            score + [
                ("terminal", false),
                (
                    "user",
                    .object([
                        ("uid", .number(Int64(user.uid))), ("gid", .number(Int64(user.gid))),
                        ("additionalGids", .list(user.allGroups.map { .number(Int64($0)) })),
                    ])
                ),
                ("args", .texts(arguments)),
                ("env", .texts(environment)),
                ("cwd", .text(workingDirectory)),
                (
                    "capabilities",
                    .object([("bounding", capabilities), ("effective", capabilities), ("permitted", capabilities)])
                ),
                ("noNewPrivileges", true),
            ])
    }

    private var hasNAT: Bool { if case .nat = network { true } else { false } }

    private var networkNamespace: [JSON] {
        switch network {
        case .host: []
        case .none: [.object([("type", "network")])]
        case .nat(let network): [.object([("type", "network"), ("path", .text(network.path))])]
        }
    }

    private var linux: JSON {
        var namespaces = ["pid", "ipc", "uts", "mount"]
        if ownCgroupNamespace { namespaces.append("cgroup") }
        let noDevices = JSON.list([.object([("allow", false), ("access", "rwm")])])
        return .object([
            ("namespaces", .list(namespaces.map { .object([("type", .text($0))]) } + networkNamespace)),
            ("cgroupsPath", .text(cgroup)),
            ("resources", .object((filtersDevices ? [("devices", noDevices)] : []) + resources)),
            ("seccomp", SeccompProfile.json(devices: filtersDevices)),
            ("maskedPaths", .texts(Self.maskedPaths)),
            ("readonlyPaths", .texts(Self.readOnlyPaths)),
        ])
    }

    private static func mount(_ mount: Mount) -> JSON {
        .object([
            ("destination", .text(mount.target)), ("type", .text(mount.type)), ("source", .text(mount.source)),
            ("options", .texts(mount.options)),
        ])
    }
}
