// Making, linking and removing files relative to an open directory.
import CLinux
import Glibc
import SystemPackage

// Safety: C strings live for one call; no pointer is kept.

extension Directory {
    /// False when something bears the name already.
    @discardableResult
    package func makeDirectory(_ name: [UInt8], permissions: UInt32 = 0o700) throws(LayerError) -> Bool {
        let code = unsafe withName(name) { unsafe mkdirat(descriptor, $0, permissions) }
        if code != 0, errno == EEXIST { return false }
        guard code == 0 else { throw failure("make directory", name) }
        return true
    }

    package func makeSymbolicLink(_ name: [UInt8], to target: [UInt8]) throws(LayerError) {
        let code = unsafe withName(target) { target in
            unsafe withName(name) { unsafe symlinkat(target, descriptor, $0) }
        }
        guard code == 0 else { throw failure("make link", name) }
    }

    /// A second name, `name` here, for `other` in `directory`; links are linked, not followed.
    package func makeHardLink(_ name: [UInt8], to other: [UInt8], in directory: Directory) throws(LayerError) {
        let code = unsafe withName(other) { other in
            unsafe withName(name) { unsafe linkat(directory.descriptor, other, descriptor, $0, 0) }
        }
        guard code == 0 else { throw failure("link", name) }
    }

    /// A device or a named pipe.
    package func makeNode(
        _ name: [UInt8], _ kind: FileKind, permissions: UInt32, device: DeviceNumber
    ) throws(LayerError) {
        let mode = kind.bits | permissions
        let code = unsafe withName(name) {
            unsafe linux_mknodat(descriptor, $0, mode, device.major, device.minor)
        }
        guard code >= 0 else {
            throw .system(action: "make device or pipe", path: text(name), code: .init(rawValue: -code))
        }
    }

    /// overlayfs's mark that `name` is removed from what lies below.
    package func makeWhiteout(_ name: [UInt8]) throws(LayerError) {
        try makeNode(name, .character, permissions: 0, device: .whiteout)
    }

    /// Creates a file that nobody had; the descriptor is the caller's.
    package func makeFile(_ name: [UInt8]) throws(LayerError) -> OpenFile {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let opened = unsafe withName(name) { unsafe openat(descriptor, $0, flags, 0o600) }
        guard opened >= 0 else { throw failure("make file", name) }
        return OpenFile(owning: opened, folder: place, name: name)
    }

    /// Opens a regular file to read.
    package func openFile(_ name: [UInt8]) throws(LayerError) -> OpenFile {
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let opened = unsafe withName(name) { unsafe openat(descriptor, $0, flags) }
        guard opened >= 0 else { throw failure("open", name) }
        return OpenFile(owning: opened, folder: place, name: name)
    }

    package func target(ofLink name: [UInt8], atMost bytesMax: Int) throws(LayerError) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: bytesMax + 1)
        let count = unsafe withName(name) { unsafe readlinkat(descriptor, $0, &buffer, bytesMax + 1) }
        guard count >= 0 else { throw failure("read link", name) }
        guard count <= bytesMax else {
            throw .exceeded(limit: "the length of a link's target", allowed: Int64(bytesMax), entry: text(name))
        }
        return buffer[..<count].map { UInt8(bitPattern: $0) }
    }

    /// Puts on the disk all that anybody wrote to this directory's file system.
    package func syncFileSystem() throws(LayerError) {
        guard linux_sync_filesystem(descriptor) == 0 else { throw failure("sync the file system of", []) }
    }

    package func remove(_ name: [UInt8]) throws(LayerError) {
        let code = unsafe withName(name) { unsafe unlinkat(descriptor, $0, 0) }
        guard code == 0 else { throw failure("remove", name) }
    }

    package func removeDirectory(_ name: [UInt8]) throws(LayerError) {
        let code = unsafe withName(name) { unsafe unlinkat(descriptor, $0, AT_REMOVEDIR) }
        guard code == 0 else { throw failure("remove directory", name) }
    }

    /// Owner, permissions and time of a node or link that has no descriptor.
    package func setMetadata(
        of name: [UInt8], owner: UInt32, group: UInt32, permissions: UInt32?, modified: FileTime
    ) throws(LayerError) {
        let code = unsafe withName(name) { unsafe fchownat(descriptor, $0, owner, group, AT_SYMLINK_NOFOLLOW) }
        guard code == 0 else { throw failure("change the owner of", name) }
        if let permissions {
            let code = unsafe withName(name) { unsafe fchmodat(descriptor, $0, permissions, 0) }
            guard code == 0 else { throw failure("change the mode of", name) }
        }
        var times = modified.pair
        let timed = unsafe withName(name) { unsafe utimensat(descriptor, $0, &times, AT_SYMLINK_NOFOLLOW) }
        guard timed == 0 else { throw failure("change the time of", name) }
    }
}

extension FileTime {
    /// Time of access left alone, time of change set: what utimensat(2) takes.
    var pair: [timespec] {
        [
            timespec(tv_sec: 0, tv_nsec: Int(UTIME_OMIT_VALUE)),
            timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds)),
        ]
    }
}

/// UTIME_OMIT of <linux/stat.h>: a casted macro, which Swift does not import.
private let UTIME_OMIT_VALUE = (1 << 30) - 2
