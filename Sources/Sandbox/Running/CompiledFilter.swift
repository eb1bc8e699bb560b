// The seccomp filter in the kernel's own form, made once: crun and libseccomp would make it anew for every step, which
// takes longer than all the rest of a start.
import Digests
import Glibc
import Synchronization

/// Filters that crun has compiled, by whether a step may make devices.
final class CompiledFilters: Sendable {
    private let texts = Mutex<[Bool: String]>([:])

    /// The filter in base64, if it was made.
    func text(devices: Bool) -> String? { texts.withLock { $0[devices] } }

    func keep(_ filter: [UInt8], devices: Bool) { texts.withLock { $0[devices] = Base64.text(filter) } }
}

extension Runtime {
    /// Instructions of a filter are 8 bytes; BPF_MAXINSNS of them are the most.
    private static let filterBytesMax = 8 * 4096

    /// Prepares what makes later runs faster; they work without it. Does nothing for runc, which takes no compiled
    /// filter. `cache` is a folder only root can write to, best on a tmpfs: the filter is then made once on this host,
    /// which takes some 30 ms.
    package func warmUp(workDirectory: String, stateRoot: String, cache: String? = nil) async {
        guard kind == .crun, filters.text(devices: filtersDevices) == nil else { return }
        _ = try? await onOwnThread { _ in try self.compile(workDirectory, stateRoot: stateRoot, cache: cache) }
    }

    private func compile(_ workDirectory: String, stateRoot: String, cache: String?) throws {
        let profile = SeccompProfile.json(devices: filtersDevices)
        let file = cache.map { $0 + "/seccomp-" + key(profile) }
        if let file, let filter = Self.cached(file) { return filters.keep(filter, devices: filtersDevices) }
        let filter = try Self.withFolder(workDirectory + "/filter-\(getpid())") { folder in
            try make(profile, folder: folder, stateRoot: stateRoot)
        }
        filters.keep(filter, devices: filtersDevices)
        guard let file else { return }
        let draft = try FileName("\(file).\(getpid())")
        try Kernel.removeTree(draft)
        try Kernel.writeFile(draft, filter, mode: 0o400)
        try Kernel.rename(draft, to: try FileName(file))
    }

    /// What a filter depends on: the profile, who compiles it, and the kernel.
    private func key(_ profile: JSON) -> String {
        var hasher = Digests.Hasher()
        hasher.update(profile.bytes)
        if let name = try? FileName(path), let status = try? Kernel.status(name, at: Kernel.workingDirectory) {
            hasher.update("\(path) \(version) \(status.size) \(status.modified.seconds)")
        }
        let kernel = try? RootDirectory(path: "/proc").read("version")
        hasher.update(kernel ?? [])
        return BlobDigest(finishing: hasher).hex
    }

    private static func cached(_ path: String) -> [UInt8]? {
        guard let name = try? FileName(path),
            let file = try? Kernel.open(name, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
            let status = try? Kernel.status(of: file), status.kind == .file, status.uid == 0, status.mode & 0o022 == 0,
            let filter = try? Kernel.readAll(file, limit: filterBytesMax), isFilter(filter)
        else { return nil }
        return filter
    }

    private static func isFilter(_ bytes: [UInt8]) -> Bool {
        !bytes.isEmpty && bytes.count % 8 == 0 && bytes.count <= filterBytesMax
    }

    private static func withFolder<Result>(_ path: String, _ body: (String) throws -> Result) throws -> Result {
        let name = try FileName(path)
        try Kernel.removeTree(name)
        try Kernel.makeDirectory(name, at: Kernel.workingDirectory, mode: 0o700)
        defer { try? Kernel.removeTree(name) }
        return try body(path)
    }

    /// Has crun create a container that is never started: the filter is then among its state.
    private func make(_ profile: JSON, folder: String, stateRoot: String) throws -> [UInt8] {
        for name in ["/rootfs", "/rootfs/proc", "/rootfs/dev"] {
            try Kernel.ensureDirectory(folder + name, mode: 0o755)
        }
        try Kernel.writeFile(try FileName(folder + "/rootfs/none"), [], mode: 0o755)
        let id = "filter-\(getpid())"
        let spec = RuntimeSpec.unstarted(rootfs: folder + "/rootfs", cgroup: Cgroup(id: id).path, filter: profile)
        try Kernel.writeFile(try FileName(folder + "/config.json"), spec.bytes, mode: 0o600)
        try Kernel.ensureDirectory(stateRoot)
        let command = command(stateRoot: stateRoot)
        defer {
            _ = try? ChildProcess.run(command + ["delete", "--force", id])
            Cgroup(id: id).remove()
        }
        let created = try ChildProcess.run(command + ["create", "--bundle", folder, id])
        guard created.code == 0 else { throw SandboxError.runtime("crun could not compile a filter: \(created.text)") }
        let file = try Kernel.open(
            try FileName("\(stateRoot)/\(kind.rawValue)/\(id)/seccomp.bpf"), flags: O_RDONLY | O_NOFOLLOW)
        let filter = try Kernel.readAll(file, limit: Self.filterBytesMax)
        guard Self.isFilter(filter) else { throw SandboxError.runtime("crun compiled no filter") }
        return filter
    }
}

/// RFC 4648 §4.
enum Base64 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func text(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var value: UInt32 = 0
            for index in 0..<3 { value = value << 8 | (index < group.count ? UInt32(group[start + index]) : 0) }
            for index in 0..<4 {
                let digit = digits[Int(value >> UInt32(18 - 6 * index) & 63)]
                text.append(index <= group.count ? digit : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
