// The control group of one run: its limits, its end, and whether its memory ran out.
import Glibc

// Safety: paths are passed to access(2) for the length of the call only.

/// cgroup v2 at /sys/fs/cgroup, below one folder of weft's. Of v1 trees there only the runtime knows the groups.
struct Cgroup {
    private static let root = "/sys/fs/cgroup"
    /// Bytes of a control file that are read.
    private static let fileBytesMax = 64 << 10

    /// Path below the cgroup root.
    let path: String

    init(id: String) { path = "/weft/" + id }

    private var folder: String { Self.root + path }

    var exists: Bool { unsafe access(folder, F_OK) == 0 }

    static var isUnified: Bool { unsafe access(root + "/cgroup.controllers", F_OK) == 0 }

    /// Controllers that the runtime sees and uses itself.
    static func controllers() -> [String] {
        if let text = text(root + "/cgroup.controllers") {
            return text.split { $0 == " " || $0 == "\n" }.map(String.init)
        }
        return ["memory", "pids", "cpu"].filter { unsafe access(root + "/" + $0, F_OK) == 0 }
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
        Self.text(folder + "/memory.events").map { Self.count("oom_kill", in: $0) > 0 } ?? false
    }

    /// True when a process or thread more was refused to the group.
    var ranOutOfProcesses: Bool {
        let files = ["/pids.events", "/step/pids.events"]
        return files.contains { Self.text(folder + $0).map { Self.count("max", in: $0) > 0 } ?? false }
    }

    /// The number after `key` in a control file of such lines.
    static func count(_ key: String, in text: String) -> Int {
        let line = text.split(separator: "\n").first { $0.hasPrefix(key + " ") }
        return line.flatMap { Int($0.dropFirst(key.count + 1)) } ?? 0
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
