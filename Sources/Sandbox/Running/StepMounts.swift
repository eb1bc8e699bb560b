// A request's mounts, pinned outside the root and given their places inside it.
import Glibc

enum StepMounts {
    private static let readOnlyFile = ["bind", "ro", "nosuid", "noexec", "nodev"]

    /// What config.json lists after the system's mounts; the request's own come in order of their targets, so that a
    /// mount never hides one below it, and the last of two with one target wins.
    static func prepare(
        _ request: RunRequest, files: inout StepFiles, stubs: inout MountStubs
    ) throws -> [RuntimeSpec.Mount] {
        var mounts: [RuntimeSpec.Mount] = []
        let resolver = try files.writeResolver()
        let hosts = try files.writeHosts(hostname: request.hostname, extra: request.extraHosts)
        let wanted = Dictionary(request.mounts.map { ($0.target, $0) }) { $1 }
        // Every image that BuildKit ran a step in has these three: later steps and `COPY --from` may count on them.
        for system in RuntimeSpec.systemMounts where isTop(system.target, of: ["/dev", "/proc", "/sys"]) {
            _ = try stubs.prepare(system.target, directory: true, stays: true)
        }
        for (target, source) in [("/etc/resolv.conf", resolver), ("/etc/hosts", hosts)] where wanted[target] == nil {
            let place = try stubs.prepare(target, directory: false)
            mounts.append(RuntimeSpec.Mount(target: place, type: "bind", source: source, options: readOnlyFile))
        }
        let covers = RuntimeSpec.systemMounts.map(\.target) + wanted.keys
        for (target, mount) in wanted.sorted(by: { $0.key < $1.key }) {
            let pinned = try pin(mount, files: &files)
            // runc gives a tmpfs the mode of what it covers; where nothing was, it has the kernel's default.
            let mode: UInt32 = pinned.type == "tmpfs" ? 0o1777 : 0o755
            let place =
                isTop(target, of: covers)
                ? try stubs.prepare(target, directory: pinned.directory, mode: mode) : target
            mounts.append(
                RuntimeSpec.Mount(target: place, type: pinned.type, source: pinned.source, options: pinned.options))
        }
        return mounts
    }

    /// False when `target` lies inside another mount: its place is then not in the root.
    private static func isTop(_ target: String, of mounts: some Sequence<String>) -> Bool {
        !mounts.contains { target.hasPrefix($0 + "/") }
    }

    private static func pin(
        _ mount: StepMount, files: inout StepFiles
    ) throws -> (type: String, source: String, options: [String], directory: Bool) {
        switch mount.source {
        case .tmpfs(let limit):
            // As BuildKit: no mode, so that the target's own is not hidden behind 1777.
            let size = limit.map { ["size=\($0)"] } ?? []
            return ("tmpfs", "tmpfs", ["nosuid", "nodev"] + size, true)
        case .descriptor(let descriptor):
            let handle = try Handle.duplicate(of: descriptor)
            let directory = try Kernel.status(of: handle).kind == .directory
            let source = try files.bind(handle, directory: directory, readOnly: mount.readOnly)
            return ("bind", source, ["bind", "nosuid", "nodev"] + (mount.readOnly ? ["ro"] : []), directory)
        case .secret(let content, let mode, let owner):
            let source = try files.writeSecret("secret-\(files.nextNumber())", content, mode: mode, owner: owner)
            return ("bind", source, readOnlyFile, false)
        }
    }
}
