// A lock between processes: flock(2) on a file, free as soon as its holder is dead.
import Glibc
import SystemPackage

/// Holds for threads of one process too: every lock has a descriptor of its own, which no child process inherits.
final class FileLock: Sendable {
    private let file: FileDescriptor
    private let path: FilePath

    /// How long to sleep between two tries, in microseconds.
    private static let pauseMicroseconds: UInt32 = 5_000

    private init(_ file: FileDescriptor, _ path: FilePath) {
        self.file = file
        self.path = path
    }

    deinit { try? file.close() }

    enum Kind {
        case exclusive
        /// Any number hold it at once, and none while one holds it exclusively.
        case shared

        fileprivate var operation: CInt { self == .exclusive ? LOCK_EX : LOCK_SH }
    }

    /// Waits until the lock is free; `checkpoint` may end the waiting.
    static func wait(
        _ path: FilePath, _ kind: Kind = .exclusive, checkpoint: () throws -> Void
    ) throws -> FileLock {
        while true {
            if let lock = try take(path, kind) { return lock }
            try checkpoint()
            usleep(pauseMicroseconds)
        }
    }

    /// Nil when another holds it.
    static func take(_ path: FilePath, _ kind: Kind = .exclusive) throws(StoreError) -> FileLock? {
        while true {
            let file: FileDescriptor
            do {
                file = try FileDescriptor.open(
                    path, .readWrite, options: [.create, .closeOnExec, .noFollow],
                    permissions: [.ownerRead, .ownerWrite])
            } catch { throw .init(error, "lock", path) }
            let lock = FileLock(file, path)
            guard flock(file.rawValue, kind.operation | LOCK_NB) == 0 else {
                if errno == EWOULDBLOCK { return nil }
                throw .system(action: "lock", path: path.string, code: Errno(rawValue: errno))
            }
            // The holder before may have removed the file: then this lock is on a name that is gone.
            if try lock.isCurrent() { return lock }
        }
    }

    private func isCurrent() throws(StoreError) -> Bool {
        let held = try Disk.status(file, path)
        guard let named = Disk.status(path) else { return false }
        return held.st_ino == named.st_ino && held.st_dev == named.st_dev
    }

    /// Removes the file while the lock is held; the lock ends with the object.
    func removeFile() { try? Disk.remove(path) }
}
