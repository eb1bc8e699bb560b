// What the kernel says about a file, without its C types.
import CLinux
import Glibc

// Safety: reads the fields of a `stat` that the kernel filled in.

package enum FileKind: Sendable {
    case regular, directory, symbolicLink, character, block, fifo, socket

    private static let mask: UInt32 = 0o170000

    init?(mode: UInt32) {
        switch mode & Self.mask {
        case 0o100000: self = .regular
        case 0o040000: self = .directory
        case 0o120000: self = .symbolicLink
        case 0o020000: self = .character
        case 0o060000: self = .block
        case 0o010000: self = .fifo
        case 0o140000: self = .socket
        default: return nil
        }
    }

    /// The type bits of a mode.
    var bits: UInt32 {
        switch self {
        case .regular: 0o100000
        case .directory: 0o040000
        case .symbolicLink: 0o120000
        case .character: 0o020000
        case .block: 0o060000
        case .fifo: 0o010000
        case .socket: 0o140000
        }
    }
}

package struct FileTime: Hashable, Sendable {
    /// Seconds since 1970, also negative.
    package var seconds: Int64
    /// 0 up to 999,999,999.
    package var nanoseconds: Int64

    package init(seconds: Int64, nanoseconds: Int64 = 0) {
        self.seconds = seconds
        self.nanoseconds = min(max(nanoseconds, 0), 999_999_999)
    }
}

package struct DeviceNumber: Hashable, Sendable {
    package var major: UInt32
    package var minor: UInt32

    package init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    /// The device number by which overlayfs says "removed".
    package static let whiteout = DeviceNumber(major: 0, minor: 0)
}

package struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
}

package struct FileStatus: Sendable {
    package let kind: FileKind
    /// The lowest 12 bits of the mode.
    package let permissions: UInt32
    package let owner: UInt32
    package let group: UInt32
    package let size: Int64
    package let modified: FileTime
    package let linkCount: UInt64
    package let identity: FileIdentity
    /// Of a character or block device.
    package let device: DeviceNumber

    /// True for overlayfs's mark of a removed file.
    package var isWhiteout: Bool { kind == .character && device == .whiteout }

    init?(_ status: stat) {
        guard let kind = FileKind(mode: status.st_mode) else { return nil }
        self.kind = kind
        permissions = status.st_mode & 0o7777
        owner = status.st_uid
        group = status.st_gid
        size = Int64(status.st_size)
        modified = FileTime(seconds: Int64(status.st_mtim.tv_sec), nanoseconds: Int64(status.st_mtim.tv_nsec))
        linkCount = UInt64(status.st_nlink)
        identity = FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        device = DeviceNumber(major: linux_major(UInt64(status.st_rdev)), minor: linux_minor(UInt64(status.st_rdev)))
    }
}
