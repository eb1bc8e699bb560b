// Owned descriptors, and the system calls on them that take names relative to a directory.
import CLinux
import Glibc
package import SystemPackage

// Safety: names are passed to system calls for the length of the call only; buffers are sized before they are given.

/// An open descriptor that is closed when the last reference goes. Only for what is read, or is written and then
/// checked with `finish`: closing cannot report here.
package final class Handle: Sendable {
    package let raw: CInt

    init(owning raw: CInt) { self.raw = raw }

    deinit { close(raw) }

    /// Opens what a path of this host leads to, links followed.
    package static func open(path: String) throws -> Handle { try Kernel.open(try FileName(path), flags: O_RDONLY) }

    /// A duplicate of `descriptor`, which stays the caller's.
    package static func duplicate(of descriptor: FileDescriptor) throws -> Handle { try Kernel.duplicate(descriptor) }

    /// For calls that take a borrowed descriptor; keep the handle as long as it is used.
    package var descriptor: FileDescriptor { FileDescriptor(rawValue: raw) }
}

/// What lstat(2) says, of one name.
struct FileStatus: Equatable {
    enum Kind { case file, directory, link, fifo, socket, characterDevice, blockDevice }

    let kind: Kind
    /// Permission bits with set-id and sticky: 0 to 0o7777.
    let mode: UInt32
    let uid: UInt32
    let gid: UInt32
    let size: Int64
    let device: UInt64
    let inode: UInt64
    let links: UInt64
    let special: UInt64
    let accessed: FileTime
    let modified: FileTime

    init(_ raw: stat) {
        kind =
            switch raw.st_mode & S_IFMT {
            case S_IFDIR: .directory
            case S_IFLNK: .link
            case S_IFIFO: .fifo
            case S_IFSOCK: .socket
            case S_IFCHR: .characterDevice
            case S_IFBLK: .blockDevice
            default: .file
            }
        mode = raw.st_mode & 0o7777
        uid = raw.st_uid
        gid = raw.st_gid
        size = Int64(raw.st_size)
        device = UInt64(raw.st_dev)
        inode = UInt64(raw.st_ino)
        links = UInt64(raw.st_nlink)
        special = UInt64(raw.st_rdev)
        accessed = FileTime(seconds: Int64(raw.st_atim.tv_sec), nanoseconds: Int64(raw.st_atim.tv_nsec))
        modified = FileTime(seconds: Int64(raw.st_mtim.tv_sec), nanoseconds: Int64(raw.st_mtim.tv_nsec))
    }
}

struct FileTime: Equatable {
    let seconds: Int64
    let nanoseconds: Int64
}

/// System calls with checked results. `at` is a directory; `name` a path below it. They take handles and not their
/// numbers: a handle that nobody holds any more is closed, and its number may be another file.
enum Kernel {
    static let workingDirectory = Handle(owning: AT_FDCWD)
    /// O_PATH (fcntl.h, _GNU_SOURCE): a name is held, nothing is opened.
    static let pathOnly: CInt = 0x20_0000
    /// AT_EMPTY_PATH (fcntl.h, _GNU_SOURCE): the descriptor itself is meant.
    private static let emptyPath: CInt = 0x1000

    private static func flags(_ name: FileName) -> CInt { name.isEmpty ? emptyPath : AT_SYMLINK_NOFOLLOW }

    @discardableResult
    static func check(_ code: CInt, _ call: String, _ path: String) throws(SystemError) -> CInt {
        if code < 0 { throw SystemError(call: call, path: path, code: errno) }
        return code
    }

    /// For shims that give -errno.
    @discardableResult
    static func checkShim(_ code: CInt, _ call: String, _ path: String) throws(SystemError) -> CInt {
        if code < 0 { throw SystemError(call: call, path: path, code: -code) }
        return code
    }

    static func open(_ name: FileName, at: Handle = workingDirectory, flags: CInt, mode: UInt32 = 0) throws(SystemError)
        -> Handle
    {
        let raw = unsafe openat(at.raw, name.bytes, flags | O_CLOEXEC, mode)
        return Handle(owning: try check(raw, "open", name.text))
    }

    static func openDirectory(_ name: FileName, at: Handle = workingDirectory) throws(SystemError) -> Handle {
        try open(name, at: at, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    }

    /// Opens what `held` (O_PATH) holds, for reading; nil unless it is a regular file. Opening a device file or a fifo does
    /// things to this host, and images bring both.
    static func openFile(_ held: Handle) throws(SystemError) -> Handle? {
        guard try status(of: held).kind == .file else { return nil }
        let link = try FileName("/proc/self/fd/\(held.raw)")
        defer { withExtendedLifetime(held) {} }
        return try open(link, flags: O_RDONLY | O_NONBLOCK | O_NOCTTY)
    }

    /// The caller keeps its own descriptor, open at least until this returns.
    static func duplicate(_ descriptor: FileDescriptor) throws(SystemError) -> Handle {
        Handle(owning: try check(fcntl(descriptor.rawValue, F_DUPFD_CLOEXEC, 3), "duplicate", ""))
    }

    /// Nil when there is no such name; a link is not followed.
    static func status(_ name: FileName, at: Handle) throws(SystemError) -> FileStatus? {
        var raw = stat()
        if unsafe fstatat(at.raw, name.bytes, &raw, AT_SYMLINK_NOFOLLOW) != 0 {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw SystemError(call: "look at", path: name.text, code: errno)
        }
        return FileStatus(raw)
    }

    static func status(of handle: Handle) throws(SystemError) -> FileStatus {
        var status = stat()
        try check(unsafe fstat(handle.raw, &status), "look at", "")
        return FileStatus(status)
    }

    static func makeDirectory(_ name: FileName, at: Handle, mode: UInt32) throws(SystemError) {
        try check(unsafe mkdirat(at.raw, name.bytes, mode), "make the directory", name.text)
    }

    static func remove(_ name: FileName, at: Handle, directory: Bool = false) throws(SystemError) {
        try check(unsafe unlinkat(at.raw, name.bytes, directory ? AT_REMOVEDIR : 0), "remove", name.text)
    }

    static func changeMode(of handle: Handle, _ mode: UInt32, _ path: String) throws(SystemError) {
        try check(fchmod(handle.raw, mode), "change the mode of", path)
    }

    /// `name` must not be a link: links have no mode.
    static func changeMode(_ name: FileName, at: Handle = workingDirectory, _ mode: UInt32) throws(SystemError) {
        try check(unsafe fchmodat(at.raw, name.bytes, mode, 0), "change the mode of", name.text)
    }

    static func rename(_ name: FileName, to newName: FileName, at: Handle = workingDirectory) throws(SystemError) {
        try check(unsafe renameat(at.raw, name.bytes, at.raw, newName.bytes), "rename", name.text)
    }

    static func link(
        _ name: FileName, at: Handle, to newName: FileName, newAt: Handle
    ) throws(SystemError) {
        try check(unsafe linkat(at.raw, name.bytes, newAt.raw, newName.bytes, 0), "link", newName.text)
    }

    static func readLink(_ name: FileName, at: Handle) throws(SystemError) -> FileName {
        let target = unsafe [CChar](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            count = unsafe max(0, readlinkat(at.raw, name.bytes, base, buffer.count))
        }
        if target.isEmpty { throw SystemError(call: "read the link", path: name.text, code: errno) }
        return FileName(content: target)
    }

    static func chown(_ name: FileName, at: Handle, _ owner: FileOwner) throws(SystemError) {
        try check(
            unsafe fchownat(at.raw, name.bytes, owner.uid, owner.gid, flags(name)), "change the owner of", name.text)
    }

    static func setTimes(_ name: FileName, at: Handle, accessed: FileTime, modified: FileTime) throws(SystemError) {
        let times = [accessed, modified].map {
            timespec(tv_sec: Int($0.seconds), tv_nsec: Int($0.nanoseconds))
        }
        try check(unsafe utimensat(at.raw, name.bytes, times, flags(name)), "set the times of", name.text)
    }

    /// Names in a directory in byte order, without `.` and `..`.
    static func names(in directory: Handle) throws(SystemError) -> [FileName] {
        // A second description, as readdir moves the offset.
        let again = try check(unsafe openat(directory.raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "list", ".")
        guard let stream = unsafe fdopendir(again) else {
            close(again)
            throw SystemError(call: "list", path: ".", code: errno)
        }
        defer { unsafe closedir(stream) }
        var names: [FileName] = []
        while let entry = try unsafe next(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { all in
                unsafe FileName(content: all.prefix { $0 != 0 }.map { CChar(bitPattern: $0) })
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted(by: <)
    }

    /// Only errno tells a failure from the end.
    private static func next(_ stream: OpaquePointer) throws(SystemError) -> UnsafeMutablePointer<dirent>? {
        errno = 0
        let entry = unsafe readdir(stream)
        if unsafe entry == nil, errno != 0 { throw SystemError(call: "list", path: ".", code: errno) }
        return unsafe entry
    }
}
