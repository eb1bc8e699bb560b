// A request's mounts, pinned outside the root and given their places inside it.
import Glibc

enum StepMounts {
    private static let readOnlyFile = ["bind", "ro", "nosuid", "nodev"]

    /// What config.json lists after the system's mounts: the request's own come in the order of their places.
    static func prepare(
        _ request: RunRequest, root: RootDirectory, files: inout StepFiles, stubs: inout MountStubs
    ) throws -> [RuntimeSpec.Mount] {
        var mounts: [RuntimeSpec.Mount] = []
        let resolver = try files.writeResolver(request.network)
        let hosts = try files.writeHosts(hostname: request.hostname, extra: request.extraHosts)
        let places = try MountPlaces(request.mounts, in: root).all
        // Every image that BuildKit ran a step in has these three: later steps and `COPY --from` may count on them.
        for system in RuntimeSpec.systemMounts where !MountPlaces.isCovered(system.target, by: "/dev", "/proc", "/sys")
        {
            _ = try stubs.prepare(system.target, directory: true, stays: true)
        }
        for (target, source) in [("/etc/resolv.conf", resolver), ("/etc/hosts", hosts)] {
            let resolved = try root.locate(try FileName(target)).text
            guard !places.contains(where: { $0.path == resolved || $0.mount.target == target }) else { continue }
            try StepMount.checkPlace(resolved, of: target)
            let place = try stubs.prepare(resolved, directory: false)
            mounts.append(
                RuntimeSpec.Mount(target: place, type: "bind", source: source, options: readOnlyFile + ["noexec"]))
        }
        for place in places {
            let pinned = try pin(place.mount, files: &files)
            // runc gives a tmpfs the mode of what it covers; where nothing was, it has the kernel's default.
            let mode: UInt32 = pinned.type == "tmpfs" ? 0o1777 : 0o755
            if place.isInRoot { _ = try stubs.prepare(place.path, directory: pinned.directory, mode: mode) }
            mounts.append(
                RuntimeSpec.Mount(
                    target: place.path, type: pinned.type, source: pinned.source, options: pinned.options))
        }
        return mounts
    }

    private static func pin(
        _ mount: StepMount, files: inout StepFiles
    ) throws -> (type: String, source: String, options: [String], directory: Bool) {
        let readOnly = mount.readOnly ? ["ro"] : []
        switch mount.source {
        case .tmpfs(let limit):
            // As BuildKit: no mode, so that the target's own is not hidden behind 1777.
            let size = limit.map { ["size=\($0)"] } ?? []
            return ("tmpfs", "tmpfs", ["nosuid", "nodev"] + size + readOnly, true)
        case .descriptor(let descriptor):
            let handle = try Handle.duplicate(of: descriptor)
            let directory = try Kernel.status(of: handle).kind == .directory
            let source = try files.bind(handle, directory: directory, readOnly: mount.readOnly)
            return ("bind", source, ["bind", "nosuid", "nodev"] + readOnly, directory)
        case .secret(let content, let mode, let owner):
            let source = try files.writeSecret("secret-\(files.nextNumber())", content, mode: mode, owner: owner)
            return ("bind", source, readOnlyFile + (mode & 0o111 == 0 ? ["noexec"] : []), false)
        }
    }
}
