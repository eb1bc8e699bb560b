// How the limits of one step are held on this host: by the runtime in cgroup v2, or by weft in v1 trees.

/// Prepared before the step, asked and removed after it. What can't be enforced here is said and left out.
struct StepControl {
    private(set) var resources: [(String, JSON)] = []
    private(set) var groups: LegacyGroups
    /// The group above the container's own, whose counters outlive it; nil where v2 has nothing to count.
    let watched: Cgroup?
    private let limits: StepLimits

    init(_ request: RunRequest, runtime: Runtime.Kind, warn: (String) -> Void) throws {
        limits = request.limits
        groups = LegacyGroups(id: request.id)
        let counts = limits.memory != nil || limits.processes != nil
        watched = counts && Cgroup.isUnified ? Cgroup(id: request.id) : nil
        guard counts || limits.processors != nil else { return }
        do {
            try hold(runtime, warn: warn)
        } catch {
            groups.remove()
            throw error
        }
        try watched?.prepareWatch()
    }

    private mutating func hold(_ runtime: Runtime.Kind, warn: (String) -> Void) throws {
        let seen = Cgroup.controllers()
        let legacy = LegacyGroups.controllers()
        for (controller, what) in limits.controllers {
            if seen.contains(controller) {
                resources.append((controller, limits.resource(controller)))
            } else if let names = legacy[controller] {
                let allowance = LegacyGroups.allowance[runtime] ?? 0
                try groups.hold(controller, with: names, limits.settings(controller, allowance: allowance))
            } else {
                warn(
                    "the step's limit of \(what) is not enforced: this host's cgroups have no \(controller) controller")
            }
        }
    }

    /// The kernel killed something of the step for want of memory.
    var ranOutOfMemory: Bool {
        guard limits.memory != nil else { return false }
        return watched?.ranOutOfMemory == true || groups.count("oom_kill", in: "memory.oom_control", of: "memory") > 0
    }

    /// The step was refused a process or thread.
    var ranOutOfProcesses: Bool {
        guard limits.processes != nil else { return false }
        return watched?.ranOutOfProcesses == true || groups.count("max", in: "pids.events", of: "pids") > 0
    }
}

extension StepLimits {
    /// CPU time is given out per tenth of a second, the kernel's default.
    private static let period: Int64 = 100_000

    private var quota: Int64 { max(1000, Int64((processors ?? 0) * Double(Self.period))) }

    /// What must be there for the limits that are set.
    fileprivate var controllers: [(controller: String, what: String)] {
        var list: [(String, String)] = []
        if memory != nil { list.append(("memory", "memory")) }
        if processes != nil { list.append(("pids", "processes")) }
        if processors != nil { list.append(("cpu", "processors")) }
        return list
    }

    /// A member of `linux.resources`.
    fileprivate func resource(_ controller: String) -> JSON {
        switch controller {
        case "memory": .object([("limit", .number(memory ?? 0)), ("swap", .number(memory ?? 0))])
        case "pids": .object([("limit", .number(processes ?? 0))])
        default: .object([("quota", .number(quota)), ("period", .number(Self.period))])
        }
    }

    /// Files of a v1 group, in the order in which they are written. Swap is counted only where the kernel was told to.
    fileprivate func settings(
        _ controller: String, allowance: Int64
    ) -> [(file: String, value: Int64, optional: Bool)] {
        switch controller {
        case "memory":
            [("memory.limit_in_bytes", memory ?? 0, false), ("memory.memsw.limit_in_bytes", memory ?? 0, true)]
        case "pids": [("pids.max", (processes ?? 0) + allowance, false)]
        default: [("cpu.cfs_period_us", Self.period, false), ("cpu.cfs_quota_us", quota, false)]
        }
    }
}
