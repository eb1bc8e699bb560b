// Making and removing whole directories.
import CLinux
import Glibc

// Safety: names are passed to system calls for the length of the call only.

extension Kernel {
    /// Directories below each other that are removed; each holds a descriptor meanwhile.
    private static let removedDepthMax = 400

    /// Removes `name` and all below it, never through a link and never into something mounted below; what does not
    /// exist is fine.
    static func removeTree(_ name: FileName, at: Handle = workingDirectory, depth: Int = 0) throws {
        guard let status = try status(name, at: at) else { return }
        guard status.kind == .directory else { return try remove(name, at: at) }
        guard depth < removedDepthMax else { throw SystemError(call: "remove", path: name.text, code: ELOOP) }
        let directory = try depth == 0 ? openDirectory(name, at: at) : openInMount(name, at: at)
        for child in try names(in: directory) { try removeTree(child, at: directory, depth: depth + 1) }
        try remove(name, at: at, directory: true)
    }

    /// A bind mount that was left over must not lead to what it shows: EXDEV then.
    private static func openInMount(_ name: FileName, at: Handle) throws(SystemError) -> Handle {
        let flags = UInt64(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        let raw = unsafe linux_openat2(at.raw, name.bytes, flags, 0, UInt64(RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS))
        return Handle(owning: try checkShim(raw, "remove", name.text))
    }

    /// Makes a directory of the host that may exist already; its parent must exist.
    static func ensureDirectory(_ path: String, mode: UInt32 = 0o700) throws(SystemError) {
        do {
            try makeDirectory(try FileName(path), at: workingDirectory, mode: mode)
        } catch {
            if error.code != EEXIST { throw error }
        }
    }

    /// The magic number of the file system that holds `path`; negative when there is none.
    static func magic(of path: String) -> Int64 { unsafe linux_filesystem_magic(path) }
}
