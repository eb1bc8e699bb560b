// What stat(2) tells of a file that cannot all stay as it was when the file's bytes change.
import CLinux
import Glibc

/// Two equal identities, the first of them settled when it was taken, stand for the same bytes: no program can set a
/// ctime, so that neither a kept size nor a restored mtime hides a change, and a freed inode number comes back with
/// another ctime. Only stores through a shared mapping may show as late as the page is written back.
struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
    let byteCount: Int64
    /// Unix nanoseconds.
    let modified: Int64
    let changed: Int64
    let mode: UInt32

    /// Nanoseconds: more than the coarsest times that a file system keeps (2 s on FAT), and any kernel's tick.
    static let settledNanoseconds: Int64 = 2_100_000_000

    /// True when a later change is sure to show in the times: a file that was written a moment ago may be written again
    /// within the same tick of its file system's clock (git's "racily clean" entries). `now` is from before the bytes
    /// were read. A file from the future never is.
    func isSettled(at now: Int64) -> Bool { max(modified, changed) < now - Self.settledNanoseconds }

    /// Whether `file`'s file system is one of those whose times and inode numbers can be trusted that far: local ones.
    /// Times of a server are by another clock; FUSE makes up what it likes.
    static func isTrusted(_ file: Int32) -> Bool {
        switch linux_filesystem_magic_of(file) {
        // ext2 to ext4, xfs, btrfs, tmpfs, overlay, f2fs, bcachefs, zfs (statfs(2)).
        case 0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x794C_7630, 0xF2F5_2010, 0xCA45_1A4E, 0x2FC1_2FC1: true
        default: false
        }
    }
}

extension FileIdentity {
    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        byteCount = Int64(status.st_size)
        modified = Self.nanoseconds(status.st_mtim)
        changed = Self.nanoseconds(status.st_ctim)
        mode = status.st_mode
    }

    /// Nil when fstat(2) fails.
    init?(of file: Int32) {
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { return nil }
        self.init(status)
    }

    /// All of it, 48 bytes.
    var bytes: [UInt8] {
        let words = [
            device, inode, UInt64(bitPattern: byteCount), UInt64(bitPattern: modified), UInt64(bitPattern: changed),
            UInt64(mode),
        ]
        return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }

    /// Beyond the years 1678 to 2262 the last nanosecond of time, so that the file never settles.
    private static func nanoseconds(_ time: timespec) -> Int64 {
        let (seconds, isOver) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        if isOver { return .max }
        let (all, isOverToo) = seconds.addingReportingOverflow(Int64(time.tv_nsec))
        return isOverToo ? .max : all
    }

    /// The host's clock, in Unix nanoseconds.
    static func clock() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return nanoseconds(time)
    }

    var isFile: Bool { mode & S_IFMT == S_IFREG }
    /// As git does: the owner's bit decides.
    var isExecutable: Bool { mode & S_IXUSR != 0 }
}
