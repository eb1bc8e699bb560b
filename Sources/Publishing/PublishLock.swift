// Locks that guard a publication. They keep others from wasting work; what is true is decided by the ledger.
package import Digests
import Glibc
package import SystemPackage

// Safety: paths are passed to system calls for the length of the call only.

/// Held until the value is dropped.
package protocol PublishLock: Sendable {
    /// Waits for the lock of a stage digest.
    func take(project: String, digest: StageDigest) async throws -> any HeldLock
}

package protocol HeldLock: Sendable {
    func release()
}

/// werf's own lock files (werf.md 0.2): `HOME/service/locks/MURMUR(project.digest)`, flock(2). werf on the same host
/// waits for us, and we for it.
package struct FileLocks: PublishLock {
    private let directory: FilePath

    /// How long to wait between two tries, as werf does (werf.md 0.2).
    private static let pollInterval = Duration.milliseconds(500)
    /// The first tries come sooner: another weft holds the lock for a moment only.
    private static let firstInterval = Duration.milliseconds(5)

    /// `home` is werf's home directory, usually ~/.werf.
    package init(home: FilePath) throws {
        directory = home.appending("service").appending("locks")
        var path = home
        try Self.make(path)
        for name in ["service", "locks"] {
            path = path.appending(name)
            try Self.make(path)
        }
    }

    private static func make(_ path: FilePath) throws {
        guard unsafe mkdir(path.string, 0o755) == 0 || errno == EEXIST else {
            throw PublishingError("make the folder of locks \(path): \(Errno(rawValue: errno))")
        }
    }

    package func take(project: String, digest: StageDigest) async throws -> any HeldLock {
        let name = project + "." + digest.hex
        let path = directory.appending(JoinedHash.murmur([name]))
        let file = try FileDescriptor.open(
            path, .readWrite, options: [.create, .closeOnExec, .noFollow],
            permissions: FilePermissions(rawValue: 0o600))
        var interval = Self.firstInterval
        do {
            while flock(file.rawValue, LOCK_EX | LOCK_NB) != 0 {
                guard errno == EWOULDBLOCK || errno == EINTR else {
                    throw PublishingError("lock \(path): \(Errno(rawValue: errno))")
                }
                try await Task.sleep(for: interval)
                interval = min(interval * 2, Self.pollInterval)
            }
        } catch {
            try? file.close()
            throw error
        }
        return HeldFile(file)
    }

    private struct HeldFile: HeldLock {
        let file: FileDescriptor

        init(_ file: FileDescriptor) { self.file = file }

        /// The kernel gives the lock up with the descriptor, also when the process dies.
        func release() { try? file.close() }
    }
}

package struct PublishingError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
