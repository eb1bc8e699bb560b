// Finding and making directories inside a root that is not trusted.
import CLinux
import Glibc
import SystemPackage

// Safety: C strings live for one call.

extension Directory {
    /// How often a path is tried again when something is renamed while it is looked up (openat2(2), EAGAIN).
    private static let triesMax = 32

    /// The directory at `path` below this one, links resolved as if this were `/`. Nil when there is none.
    package func inside(_ path: [UInt8], followingLast: Bool = true) throws(LayerError) -> Directory? {
        let target = path.isEmpty ? [Self.dot] : path
        let flags = UInt64(O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followingLast ? 0 : O_NOFOLLOW))
        let resolve = UInt64(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
        for _ in 0..<Self.triesMax {
            let opened = unsafe withName(target) { unsafe linux_openat2(descriptor, $0, flags, 0, resolve) }
            if opened >= 0 { return Directory(owning: opened, place: place + [Self.slash] + path) }
            switch Errno(rawValue: -opened) {
            case .resourceTemporarilyUnavailable, .interrupted: continue
            case .noSuchFileOrDirectory, .notDirectory: return nil
            case .tooManySymbolicLinkLevels where !followingLast: return nil
            case let code: throw .system(action: "open directory", path: text(path), code: code)
            }
        }
        throw .system(action: "open directory", path: text(path), code: .resourceTemporarilyUnavailable)
    }
}
