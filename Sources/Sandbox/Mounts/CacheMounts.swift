// Directories that outlive steps: `RUN --mount=type=cache`.
import CLinux
import Digests
import Glibc
package import SystemPackage

// Safety: names are passed to system calls for the length of the call only.

/// The cache directories below one folder of this host.
package struct CacheMounts: Sendable {
    package enum Sharing: Sendable {
        /// Used by many steps at once.
        case shared
        /// Whoever comes while it is in use gets another directory.
        case `private`
        /// Whoever comes while it is in use waits.
        case locked
    }

    package struct Request: Sendable {
        /// Any text; build class and the like belong in it, so that strangers do not meet in one cache.
        package var id: String
        package var sharing: Sharing
        /// Owner and mode of a directory that is made now.
        package var owner: FileOwner
        package var mode: UInt32
        /// Path below the cache's directory that is mounted in its place; empty for the directory itself.
        package var source: String
        /// What a directory that is made now begins with, its owner and mode included. Its identity belongs in `id`.
        package var seed: RootDirectory?

        package init(
            id: String, sharing: Sharing = .shared, owner: FileOwner = .root, mode: UInt32 = 0o755, source: String = ""
        ) {
            self.id = id
            self.sharing = sharing
            self.owner = owner
            self.mode = mode
            self.source = source
        }
    }

    /// A directory in use: free again when the last reference goes.
    package final class Lease: Sendable {
        fileprivate let lock: Handle
        /// The cache's own directory.
        fileprivate let whole: Handle
        /// What is mounted of it.
        let directory: Handle

        init(lock: Handle, whole: Handle, directory: Handle) {
            self.lock = lock
            self.whole = whole
            self.directory = directory
        }

        /// For `StepMount.bind`; hold the lease until the step has ended.
        package var descriptor: FileDescriptor { directory.descriptor }

        /// Lets the next user in before the last reference goes; the directory itself can still be used.
        package func end() { flock(lock.raw, LOCK_UN) }

    }

    /// Directories of one private cache that may be in use at once.
    static let privateMax = 64

    private let root: RootDirectory

    /// `path` is an existing directory that only weft uses.
    package init(path: String) throws { root = try RootDirectory(path: path) }

    /// What `request` wants of the cache that `lease` is on: a user never waits for itself, however it shares.
    package func take(_ request: Request, from lease: Lease) throws -> Lease {
        Lease(lock: lease.lock, whole: lease.whole, directory: try subdirectory(request.source, of: lease.whole))
    }

    /// Takes a cache; a locked one that is in use is awaited on a thread of its own, and cancellation ends the wait.
    package func take(_ request: Request) async throws -> Lease {
        if let lease = try attempt(request) { return lease }
        return try await onOwnThread { stop in
            while true {
                if let lease = try attempt(request) { return lease }
                // flock can't be awaited beside a descriptor; a step that waits for another's end has time.
                let stopped = try Kernel.checkShim(
                    unsafe linux_wait_readable([stop.handle.raw], 1, 20), "wait for", "a cache")
                if stopped != 0 { throw CancellationError() }
            }
        }
    }

    /// Nil when a locked cache is in use.
    private func attempt(_ request: Request) throws -> Lease? {
        // An id is never a path (CVE-2024-9675).
        let key = BlobDigest(of: Array(request.id.utf8)).hex
        switch request.sharing {
        case .shared: return try lease(key, exclusive: false, request)
        case .locked: return try lease(key, exclusive: true, request)
        case .private:
            for number in 0..<Self.privateMax {
                if let lease = try lease(number == 0 ? key : "\(key)-\(number)", exclusive: true, request) {
                    return lease
                }
            }
            throw SandboxError.host("the private cache \"\(request.id)\" is in use \(Self.privateMax) times")
        }
    }

    private func lease(_ key: String, exclusive: Bool, _ request: Request) throws -> Lease? {
        let lock = try Kernel.open(
            try FileName(key + ".lock"), at: root.handle, flags: O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        if flock(lock.raw, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0 {
            // Another kind of use holds it: a shared user waits for an exclusive one, too.
            if errno == EWOULDBLOCK { return nil }
            throw SystemError(call: "lock", path: key, code: errno)
        }
        // Its last use, for those who clean.
        _ = futimens(lock.raw, nil)
        let directory = try make(try FileName(key), request, number: lock.raw)
        return Lease(lock: lock, whole: directory, directory: try subdirectory(request.source, of: directory))
    }

    /// Makes the directory under another name first: nobody sees it with the wrong owner. `number` tells users in this
    /// process apart.
    private func make(_ key: FileName, _ request: Request, number: CInt) throws -> Handle {
        if try Kernel.status(key, at: root.handle) == nil {
            let draft = try FileName("draft-\(getpid())-\(number)-\(key.text)")
            try Kernel.removeTree(draft, at: root.handle)
            try Kernel.makeDirectory(draft, at: root.handle, mode: 0o700)
            try fill(try Kernel.openDirectory(draft, at: root.handle), request)
            if unsafe renameat(root.handle.raw, draft.bytes, root.handle.raw, key.bytes) != 0 {
                // Another user of a shared cache was faster.
                guard errno == EEXIST || errno == ENOTEMPTY else {
                    throw SystemError(call: "make the cache", path: key.text, code: errno)
                }
                try Kernel.removeTree(draft, at: root.handle)
            }
        }
        return try Kernel.openDirectory(key, at: root.handle)
    }

    private func fill(_ made: Handle, _ request: Request) throws {
        var (owner, mode) = (request.owner, request.mode & 0o7777)
        if let seed = request.seed {
            let source = CopySource(root: seed, origin: .image, patterns: ["/"])
            try FileCopier.copy(CopyRequest(sources: [source], destination: "/"), into: RootDirectory(handle: made))
            let status = try Kernel.status(of: seed.handle)
            (owner, mode) = (FileOwner(uid: status.uid, gid: status.gid), status.mode)
        }
        try Kernel.chown("", at: made, owner)
        try Kernel.changeMode(of: made, mode, request.id)
    }

    /// Resolved anew at every use, inside the cache: a step may have put a link there (CVE-2024-23651).
    private func subdirectory(_ source: String, of directory: Handle) throws -> Handle {
        let name = try FileName(source)
        if name.components.isEmpty { return directory }
        let cache = RootDirectory(handle: directory)
        guard let opened = try cache.openIfPresent(name, flags: O_RDONLY | O_DIRECTORY) else {
            throw SandboxError.missing("the cache mount's source=\(source) is not a directory in the cache")
        }
        return opened
    }
}
