// The program's own mount namespace, entered before it has a second thread.
import CLinux
import Glibc
import Synchronization

// Safety: constant paths are passed to mount calls for the length of the call only.

/// What weft needs of the host's mounts before it runs a step.
package enum HostMounts {
    private static let cgroupRoot = "/sys/fs/cgroup"

    /// Gives the process a mount namespace of its own: its mounts vanish with it, the host's new mounts still arrive.
    /// Must be called before a second thread exists: a namespace belongs to a thread.
    package static func enterOwn() throws {
        guard geteuid() == 0 else {
            throw SandboxError.host("running steps needs root (mount namespaces and overlay mounts): use sudo")
        }
        let threads = linux_thread_count()
        guard threads == 1 else {
            throw SandboxError.host("the mount namespace must be entered first: \(threads) threads run already")
        }
        let code = linux_unshare_mounts()
        if code == -EPERM {
            throw SandboxError.host(
                "this host does not let weft make a mount namespace (in a container? give it CAP_SYS_ADMIN and no "
                    + "seccomp or AppArmor profile that forbids mount, as with --privileged)")
        }
        try Kernel.checkShim(code, "unshare mounts of", "/")
        isOwn.withLock { $0 = true }
    }

    private static let isOwn = Mutex(false)

    /// On hosts with hybrid cgroups puts a plain cgroup2 tree at /sys/fs/cgroup, which crun insists on; only in a
    /// namespace of our own. The mount takes milliseconds: it is made when the first step needs a runtime.
    package static func prepareForRuntime() throws {
        try isOwn.withLock { isOwn in
            if isOwn, needsPlainCgroup { try mountPlainCgroup() }
        }
    }

    /// True where crun would refuse: cgroup v1 trees with a v2 tree beside them, not v2 alone.
    package static var needsPlainCgroup: Bool {
        let magic = unsafe linux_filesystem_magic(cgroupRoot)
        return magic >= 0 && magic != cgroup2Magic
    }

    /// CGROUP2_SUPER_MAGIC of linux/magic.h.
    private static let cgroup2Magic: Int64 = 0x6367_7270

    private static func mountPlainCgroup() throws {
        try Kernel.checkShim(unsafe linux_detach(cgroupRoot), "unmount", cgroupRoot)
        let code = unsafe linux_mount("cgroup2", cgroupRoot, UInt(MS_NOSUID | MS_NODEV | MS_NOEXEC), nil)
        guard code >= 0 else {
            throw SandboxError.host("cannot mount cgroup2 on \(cgroupRoot): \(SystemError.text(-code))")
        }
    }
}
