// Folders of this host that weft makes for itself.
import Glibc
import Layers
import SystemPackage

// Safety: paths are passed to system calls for the length of the call only.

enum HostFolder {
    static func make(_ path: FilePath) throws {
        guard unsafe mkdir(path.string, 0o700) == 0 || errno == EEXIST else { throw failure("make the folder", path) }
    }

    static func setMode(_ path: FilePath, _ mode: mode_t) throws {
        guard unsafe chmod(path.string, mode) == 0 else { throw failure("change the mode of", path) }
    }

    /// Whether another file system than the parent's is seen at `path`.
    static func isMountPoint(_ path: FilePath) -> Bool {
        var (own, parent) = (stat(), stat())
        guard unsafe lstat(path.string, &own) == 0,
            unsafe lstat(path.removingLastComponent().string, &parent) == 0
        else { return true }
        return own.st_dev != parent.st_dev
    }

    /// Removes what it can; links are never followed.
    static func removeTree(_ path: FilePath) {
        guard let name = path.lastComponent, let parent = try? Directory(path.removingLastComponent()) else { return }
        try? parent.removeTree(Array(name.string.utf8))
    }

    static func rename(_ path: FilePath, to target: FilePath) throws {
        guard unsafe Glibc.rename(path.string, target.string) == 0 else { throw failure("rename", path) }
    }

    private static func failure(_ call: String, _ path: FilePath) -> BuildingError {
        BuildingError("\(call) \(path): \(Errno(rawValue: errno))")
    }
}
