// The control group of one run: its limits, its end, and whether its memory ran out.
import Glibc

// Safety: paths are passed to access(2) for the length of the call only.

/// cgroup v2 at /sys/fs/cgroup, below one folder of weft's. On v1 hosts only the runtime knows the groups.
struct Cgroup {
    private static let root = "/sys/fs/cgroup"
    /// Bytes of a control file that are read.
    private static let fileBytesMax = 64 << 10
    /// CPU time is given out per tenth of a second, the kernel's default.
    private static let period: Int64 = 100_000

    /// Path below the cgroup root.
    let path: String

    init(id: String) { path = "/weft/" + id }

    private var folder: String { Self.root + path }

    var exists: Bool { unsafe access(folder, F_OK) == 0 }

    static var isUnified: Bool { unsafe access(root + "/cgroup.controllers", F_OK) == 0 }

    /// Controllers that a group at the root can use.
    private static func controllers() -> [String] {
        if let text = text(root + "/cgroup.controllers") {
            return text.split { $0 == " " || $0 == "\n" }.map(String.init)
        }
        return ["memory", "pids", "cpu"].filter { unsafe access(root + "/" + $0, F_OK) == 0 }
    }

    /// `linux.resources` for the limits that this host can enforce; `warn` gets a sentence for each other.
    static func resources(_ limits: StepLimits, warn: (String) -> Void) -> [(String, JSON)] {
        guard limits.memory != nil || limits.processes != nil || limits.processors != nil else { return [] }
        let available = controllers()
        func usable(_ controller: String, _ what: String) -> Bool {
            if available.contains(controller) { return true }
            warn("the step's limit of \(what) is not enforced: this host's cgroups have no \(controller) controller")
            return false
        }
        var resources: [(String, JSON)] = []
        if let memory = limits.memory, usable("memory", "memory") {
            resources.append(("memory", .object([("limit", .number(memory)), ("swap", .number(memory))])))
        }
        if let processes = limits.processes, usable("pids", "processes") {
            resources.append(("pids", .object([("limit", .number(processes))])))
        }
        if let processors = limits.processors, usable("cpu", "processors") {
            let quota = max(1000, Int64(processors * Double(period)))
            resources.append(("cpu", .object([("quota", .number(quota)), ("period", .number(period))])))
        }
        return resources
    }

    /// Ends every process in the group at once (kernel 5.14); false when there is no such group or file.
    @discardableResult
    func kill() -> Bool {
        guard let name = try? FileName(folder + "/cgroup.kill"), let file = try? Kernel.open(name, flags: O_WRONLY)
        else {
            return false
        }
        return (try? Kernel.writeAll([UInt8(ascii: "1")], to: file)) != nil
    }

    /// A group above the container's own, which the runtime removes: its counters outlive the container.
    func prepareWatch() throws {
        try Kernel.ensureDirectory(Self.root + "/weft", mode: 0o755)
        try Kernel.ensureDirectory(folder, mode: 0o755)
    }

    /// True when the kernel killed something in the group for want of memory.
    var ranOutOfMemory: Bool {
        guard let text = Self.text(folder + "/memory.events") else { return false }
        return text.split(separator: "\n").contains { line in
            line.hasPrefix("oom_kill ") && Int(line.dropFirst(9)) ?? 0 > 0
        }
    }

    /// Removes the group and the container's below it; busy ones are left to the next try.
    func remove() {
        for path in [folder + "/step", folder] {
            if let name = try? FileName(path) { try? Kernel.remove(name, at: Kernel.workingDirectory, directory: true) }
        }
    }

    private static func text(_ path: String) -> String? {
        guard let name = try? FileName(path), let file = try? Kernel.open(name, flags: O_RDONLY),
            let bytes = try? Kernel.readAll(file, limit: fileBytesMax)
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
