// A directory that paths can't leave: every lookup resolves links inside it, as the container itself would see them.
import CLinux
import Glibc
package import SystemPackage

// Safety: paths are passed to openat2 for the length of the call only.

/// The root of an image or a context. Absolute links and `..` lead back into it, magic links (`/proc/*/fd`) are refused.
package struct RootDirectory: Sendable {
    /// Links that one lookup may follow; the kernel's own limit (path_resolution(7)).
    static let linksMax = 40
    /// Parts of one resolved path: each holds a descriptor while the lookup lasts.
    static let partsMax = 200
    /// Bytes of /etc/passwd, /etc/group and the like that are read from an image; as BuildKit.
    static let accountFileBytesMax = 10 << 20

    let handle: Handle

    /// Opens the directory at a host's path.
    package init(path: String) throws {
        handle = try Kernel.open(try FileName(path), flags: O_RDONLY | O_DIRECTORY)
    }

    /// Takes a duplicate: the caller keeps its own descriptor.
    package init(_ descriptor: FileDescriptor) throws {
        handle = try Kernel.duplicate(descriptor)
    }

    init(handle: Handle) { self.handle = handle }

    /// Opens what `path` names inside this root, links followed inside it.
    func open(_ path: FileName, flags: CInt) throws(SystemError) -> Handle {
        // openat2 answers EAGAIN when a rename or mount went on beside it.
        for _ in 0..<16 {
            let raw = unsafe linux_openat2(
                handle.raw, path.isEmpty ? FileName(".").bytes : path.bytes, UInt64(flags | O_CLOEXEC), 0,
                UInt64(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS))
            if raw != -EAGAIN { return Handle(owning: try Kernel.checkShim(raw, "open", path.text)) }
        }
        throw SystemError(call: "open", path: path.text, code: EAGAIN)
    }

    /// Nil when `path` names nothing.
    func openIfPresent(_ path: FileName, flags: CInt) throws(SystemError) -> Handle? {
        do {
            return try open(path, flags: flags)
        } catch {
            if error.code == ENOENT || error.code == ENOTDIR { return nil }
            throw error
        }
    }

    /// The content of a regular file, or nil when there is none; at most `limit` bytes.
    func read(_ path: FileName, limit: Int = accountFileBytesMax) throws -> [UInt8]? {
        guard let held = try openIfPresent(path, flags: Kernel.pathOnly) else { return nil }
        guard let file = try Kernel.openFile(held) else {
            throw SandboxError.image("\(path.text) in the image is not a regular file")
        }
        let status = try Kernel.status(of: file)
        guard status.size <= limit else {
            throw SandboxError.image("\(path.text) in the image has \(status.size) bytes; at most \(limit) are read")
        }
        return try Kernel.readAll(file, limit: limit)
    }
}

extension RootDirectory {
    /// Where a path leads: the deepest directory that exists, and what is missing below it.
    struct Location {
        /// Directories from the root to the deepest that exists.
        var directories: [Handle]
        /// Their resolved names, one fewer than `directories`.
        var names: [FileName]
        /// The last part when it exists and is not a directory.
        var leaf: FileName?
        /// Parts that do not exist.
        var missing: [FileName]

        var deepest: Handle { directories[directories.count - 1] }
        var exists: Bool { missing.isEmpty }
        var isDirectory: Bool { exists && leaf == nil }
        /// All parts, with every link resolved.
        var parts: [FileName] { names + (leaf.map { [$0] } ?? []) + missing }
        var text: String { "/" + parts.map(\.text).joined(separator: "/") }
    }

    /// Resolves `path` part by part with a stack of open directories, so that neither links nor `..` lead outside; parts
    /// that do not exist are kept as text, also behind a dangling link. With `followLast` false a link at the end is
    /// the leaf itself.
    func locate(_ path: FileName, followLast: Bool = true) throws -> Location {
        var location = Location(directories: [handle], names: [], leaf: nil, missing: [])
        var pending = Array(path.components.reversed())
        var links = 0
        while let part = pending.popLast() {
            if location.leaf != nil { throw SystemError(call: "enter", path: location.text, code: ENOTDIR) }
            if part == ".." {
                location.goUp()
                continue
            }
            guard location.missing.isEmpty, let status = try Kernel.status(part, at: location.deepest) else {
                location.missing.append(part)
                continue
            }
            guard location.names.count < Self.partsMax else {
                throw SandboxError.request("the path \(path.text) has more than \(Self.partsMax) parts")
            }
            if status.kind == .link, followLast || !pending.isEmpty {
                links += 1
                guard links <= Self.linksMax else { throw SystemError(call: "follow", path: path.text, code: ELOOP) }
                let target = try Kernel.readLink(part, at: location.deepest)
                if target.isAbsolute { location = Location(directories: [handle], names: [], leaf: nil, missing: []) }
                pending.append(contentsOf: target.components.reversed())
            } else if status.kind == .directory {
                location.directories.append(try Kernel.openDirectory(part, at: location.deepest))
                location.names.append(part)
            } else {
                location.leaf = part
            }
        }
        return location
    }
}

extension RootDirectory.Location {
    fileprivate mutating func goUp() {
        if !missing.isEmpty {
            missing.removeLast()
        } else if directories.count > 1 {
            directories.removeLast()
            names.removeLast()
        }
    }

    /// Goes into `name`, which must be a directory.
    mutating func enter(_ name: FileName) throws(SystemError) {
        directories.append(try Kernel.openDirectory(name, at: deepest))
        names.append(name)
    }

    /// Makes `name`, the first missing part, and goes into it. Without an owner the directory is what mkdir(2) by root
    /// makes it, whatever the umask: below a directory with the set-group-id bit it takes over bit and group.
    mutating func makeDirectory(_ name: FileName, mode: UInt32, owner: FileOwner?) throws(SystemError) {
        try Kernel.makeDirectory(name, at: deepest, mode: mode)
        try enter(name)
        let inherited = try Kernel.status(of: deepest).mode & 0o2000
        if let owner { try Kernel.chown("", at: deepest, owner) }
        try Kernel.changeMode(of: deepest, mode | inherited, name.text)
    }
}
