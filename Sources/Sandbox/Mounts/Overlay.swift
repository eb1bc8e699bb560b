// Overlay mounts: the snapshots of the parents below, a directory for what the step changes on top.
import CLinux
import Glibc

// Safety: arrays of C strings are built, passed and freed within one call.

/// What an overlay is made of; all are paths of directories on this host.
package struct Overlay: Sendable {
    /// Lower layers that the kernel takes in one overlay (OVL_MAX_STACK).
    package static let lowerMax = 500
    /// Bytes of options that the classic mount(2) takes: one page, with room for the fixed options.
    static let classicOptionBytesMax = 4096 - 64

    /// Top first; never empty.
    package var lower: [String]
    /// Nil for a read-only mount.
    package var writable: Writable?

    package struct Writable: Sendable {
        package var upper: String
        /// Empty, on the same file system as `upper`. It can't be used for a second mount: mounts are volatile, as
        /// unmounting would otherwise sync the whole file system (0.2 ms against up to seconds on a busy disk). Who
        /// needs the layer to survive a crash of the host syncs what he made of it.
        package var work: String

        package init(upper: String, work: String) {
            self.upper = upper
            self.work = work
        }
    }

    package init(lower: [String], writable: Writable? = nil) {
        self.lower = lower
        self.writable = writable
    }

    /// Mounts at `target`; the caller unmounts with `Overlay.unmount`.
    package func mount(at target: String) throws {
        guard !lower.isEmpty, lower.count <= Self.lowerMax else {
            throw SandboxError.request("an overlay takes 1 to \(Self.lowerMax) lower layers, not \(lower.count)")
        }
        // One lower layer and nothing to write is no overlay for the kernel.
        let lower = lower.count == 1 && writable == nil ? lower + [try emptyLayer(beside: target)] : lower
        let code = try unsafe CStrings.with(lower) { pointers in
            unsafe linux_mount_layers(
                pointers, CInt(lower.count), writable?.upper, writable?.work, target)
        }
        // Kernels before 6.7 do not know `lowerdir+`.
        if code == -EINVAL || code == -ENOSYS { return try mountClassic(lower, at: target) }
        try Kernel.checkShim(code, "mount an overlay at", target)
    }

    private func emptyLayer(beside target: String) throws -> String {
        let path = target + ".empty"
        if unsafe mkdir(path, 0o755) != 0, errno != EEXIST {
            throw SystemError(call: "make the directory", path: path, code: errno)
        }
        return path
    }

    /// mount(2): options are one page of text in which `,` and `:` mean something.
    func mountClassic(_ lower: [String], at target: String) throws {
        var options = "lowerdir=" + lower.map(Self.escaped).joined(separator: ":")
        if let writable {
            options += ",upperdir=\(Self.escaped(writable.upper)),workdir=\(Self.escaped(writable.work))"
            options += ",index=off,metacopy=off,redirect_dir=off,volatile"
        }
        guard options.utf8.count <= Self.classicOptionBytesMax else {
            throw SandboxError.host(
                "this kernel mounts only as many layers as fit into one page of text: \(lower.count) are too many; "
                    + "kernel 6.7 or newer takes \(Self.lowerMax)")
        }
        try Kernel.checkShim(unsafe linux_mount("overlay", target, 0, options), "mount an overlay at", target)
    }

    static func escaped(_ path: String) -> String {
        var text = ""
        for character in path {
            if character == "\\" || character == ":" || character == "," { text.append("\\") }
            text.append(character)
        }
        return text
    }

    /// Makes device files in the mount at `target` dead.
    static func disableDevices(_ target: String) throws {
        let code = unsafe linux_disable_devices(target)
        if code == -EINVAL {
            throw SandboxError.request("\(target) is not a mount: a step's root must be one on this host")
        }
        try Kernel.checkShim(code, "disable devices in", target)
    }

    /// Unmounts lazily: what still holds the mount keeps it alive, unseen.
    package static func unmount(_ target: String) throws {
        try Kernel.checkShim(unsafe linux_detach(target), "unmount", target)
    }
}

/// Mounts `overlay` at `target`, an existing directory, for as long as `body` runs. A failure to unmount is reported
/// unless `body` failed first.
package func withOverlay<Result>(
    _ overlay: Overlay, at target: String, _ body: (String) async throws -> Result
) async throws -> Result {
    try overlay.mount(at: target)
    do {
        let result = try await body(target)
        try Overlay.unmount(target)
        return result
    } catch {
        try? Overlay.unmount(target)
        throw error
    }
}
