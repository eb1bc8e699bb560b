// A small disk of its own for one process, so that it can be filled.
import CLinux
import Glibc
import SystemPackage
import Testing

enum FullDisk {
    struct Unnoticed: Error {}

    /// Runs `body` in a file system of 4 MiB that ends with this process. For exit tests: the mount namespace is this
    /// thread's, so `body` does not suspend.
    static func withSmallDisk(_ body: (FilePath) throws -> Void) throws {
        try #require(linux_unshare_mounts() == 0)
        try #require(unsafe setlocale(LC_CTYPE, "C.UTF-8") != nil)
        let path = "/tmp/weft-test-disk-\(UInt64.random(in: .min ... .max))"
        try #require(unsafe mkdir(path, 0o700) == 0)
        defer { unsafe rmdir(path) }
        let options = "size=4m"
        let mounted = unsafe options.withCString { unsafe mount("tmpfs", path, "tmpfs", 0, $0) }
        try #require(mounted == 0)
        defer { unsafe umount2(path, Int32(MNT_DETACH)) }
        try body(FilePath(path))
    }
}
