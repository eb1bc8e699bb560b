// Removing a file: the one call of this module that SystemPackage doesn't have.
import Glibc
import SystemPackage

// Safety: the path's C string lives as long as the call.
enum FileSystemCall {
    static func remove(_ path: FilePath) throws(Errno) {
        let result = unsafe path.withPlatformString { unsafe unlink($0) }
        if result != 0 { throw Errno(rawValue: errno) }
    }
}
