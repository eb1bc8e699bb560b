// A folder on disk, held open: everything below is reached relative to it, so that nothing outside is ever touched.
import CLinux
import Glibc
package import SystemPackage

// Safety: descriptors are owned by one non-copyable value and closed once; C strings live only for the call.

/// What lstat(2) says of an entry, as far as trees need it.
package struct DiskStatus: Sendable {
    package enum Kind: Sendable, Equatable {
        case directory, file, link
        /// A socket, fifo or device, by its name for messages.
        case special(String)
    }

    package let kind: Kind
    package let isExecutable: Bool
    package let byteCount: Int
    package let inode: UInt64
}

package struct DiskFolder: ~Copyable, Sendable {
    let descriptor: FileDescriptor
    /// For messages.
    package let path: String

    package init(_ path: FilePath) throws {
        self.path = path.string
        do {
            descriptor = try FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec])
        } catch let error as Errno {
            throw Self.failure("open", path.string, error)
        }
    }

    private init(descriptor: FileDescriptor, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { try? descriptor.close() }

    static func failure(_ operation: String, _ path: String, _ error: Errno) -> FileTreeError {
        error == .tooManySymbolicLinkLevels
            ? .throughLink(path: path) : .system(operation: operation, path: path, code: error)
    }

    private func failure(_ operation: String, _ name: PathBytes, _ code: Int32 = errno) -> FileTreeError {
        Self.failure(operation, path + "/" + GoPath.text(name), Errno(rawValue: code))
    }

    /// O_PATH (fcntl.h, _GNU_SOURCE): a name is held, nothing is opened.
    private static let pathOnly: Int32 = 0x20_0000

    /// The descriptor of an entry below, or a negative error number: no link is followed, neither at the end of the
    /// path nor on its way.
    private func open(_ path: PathBytes, _ flags: Int32) -> Int32 {
        let resolve = UInt64(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)
        return unsafe (path + [0]).withUnsafeBufferPointer { bytes in
            var opened = -EAGAIN
            // Something was renamed meanwhile, and the kernel could not be sure that the path stays below.
            for _ in 0..<Self.attemptsMax where opened == -EAGAIN {
                opened = unsafe linux_openat2(
                    descriptor.rawValue, Self.text(bytes), UInt64(flags | O_NOFOLLOW | O_CLOEXEC), 0, resolve)
            }
            return opened
        }
    }

    private static let attemptsMax = 32

    /// The descriptor of a folder below, which the caller closes, however long its path; of this one for the empty path.
    borrowing func descriptor(ofFolder path: PathBytes) throws(FileTreeError) -> Int32 {
        guard path.count < Int(PATH_MAX) else {
            let cut = path.prefix(Int(PATH_MAX) - 1).lastIndex(of: GoPath.slash) ?? path.endIndex
            return try folder(PathBytes(path[..<cut])).descriptor(ofFolder: PathBytes(path[cut...].dropFirst()))
        }
        let opened = open(path.isEmpty ? [UInt8(ascii: ".")] : path, O_RDONLY | O_DIRECTORY)
        guard opened >= 0 else { throw failure("opening the folder", path, -opened) }
        return opened
    }

    /// Opens an entry that must itself be a folder, not a link to one.
    package borrowing func folder(_ name: PathBytes) throws(FileTreeError) -> DiskFolder {
        let opened = open(name, O_RDONLY | O_DIRECTORY)
        guard opened >= 0 else { throw failure("opening the folder", name, -opened) }
        return DiskFolder(descriptor: FileDescriptor(rawValue: opened), path: path + "/" + GoPath.text(name))
    }

    /// Opens a regular file for reading by a path of several elements.
    package borrowing func file(_ path: PathBytes) throws(FileTreeError) -> FileDescriptor {
        let opened = open(path, O_RDONLY | O_NONBLOCK)
        guard opened >= 0 else { throw failure("opening the file", path, -opened) }
        return FileDescriptor(rawValue: opened)
    }

    /// Nil when there is no such entry. `name` may have several elements; the last is not followed, and a link on the
    /// way is an error.
    package borrowing func status(_ name: PathBytes) throws(FileTreeError) -> DiskStatus? {
        let isBelow = name.contains(GoPath.slash)
        let place = isBelow ? open(name, Self.pathOnly) : descriptor.rawValue
        if place == -ENOENT || place == -ENOTDIR { return nil }
        guard place >= 0 else { throw failure("looking up", name, -place) }
        defer { if isBelow { close(place) } }
        var status = stat()
        let code = unsafe (name + [0]).withUnsafeBufferPointer { bytes in
            isBelow
                ? unsafe fstat(place, &status)
                : unsafe fstatat(place, Self.text(bytes), &status, AT_SYMLINK_NOFOLLOW)
        }
        if code != 0 {
            if errno == ENOENT { return nil }
            throw failure("looking up", name)
        }
        return DiskStatus(status)
    }

    package borrowing func linkTarget(_ name: PathBytes) throws(FileTreeError) -> PathBytes {
        let link = open(name, Self.pathOnly)
        guard link >= 0 else { throw failure("reading the link", name, -link) }
        defer { close(link) }
        var target = PathBytes(repeating: 0, count: Int(PATH_MAX))
        let count = unsafe target.withUnsafeMutableBytes { buffer in
            let space = unsafe buffer.bindMemory(to: CChar.self)
            guard let start = space.baseAddress else { return -1 }
            // An empty path stands for the opened link itself.
            return unsafe readlinkat(link, "", start, space.count)
        }
        guard count >= 0 else { throw failure("reading the link", name) }
        return PathBytes(target[..<count])
    }

    /// Gives the file or link at `path` to `sink`.
    borrowing func read(_ path: PathBytes, isLink: Bool, index: Int, into sink: inout some FileSink) throws {
        if isLink {
            let target = try linkTarget(path)
            try sink.begin(index, byteCount: target.count)
            try unsafe sink.take(target.span.bytes)
        } else {
            let name = GoPath.text(path)
            guard let status = try status(path) else { throw FileTreeError.changedWhileRead(path: name) }
            let open = try file(path)
            defer { try? open.close() }
            try sink.begin(index, byteCount: status.byteCount)
            try DiskFile.read(open, path: name, byteCount: status.byteCount) { try sink.take($0) }
        }
        try sink.end()
    }

    /// Names of all entries but `.` and `..`, unordered.
    package borrowing func names() throws(FileTreeError) -> [PathBytes] {
        let copy = unsafe openat(descriptor.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = unsafe fdopendir(copy) else { throw failure("listing", []) }
        defer { unsafe closedir(stream) }
        var names: [PathBytes] = []
        errno = 0
        while let entry = unsafe readdir(stream) {
            let name = unsafe Self.name(of: entry)
            if name != [UInt8(ascii: ".")], name != [UInt8(ascii: "."), UInt8(ascii: ".")] { names.append(name) }
            guard names.count <= FileTree.filesMax else { throw .tooManyFiles(limit: FileTree.filesMax) }
            errno = 0
        }
        if errno != 0 { throw failure("listing", []) }
        return names
    }

    private static func name(of entry: UnsafeMutablePointer<dirent>) -> PathBytes {
        guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return [] }
        let start = unsafe UnsafeRawPointer(entry).advanced(by: offset)
        let count = unsafe strlen(start.assumingMemoryBound(to: CChar.self))
        return unsafe PathBytes(UnsafeRawBufferPointer(start: start, count: count))
    }

    private static func text(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafePointer<CChar> {
        // The callers end every name with a zero byte, so that the buffer is never empty.
        guard let base = bytes.baseAddress else { preconditionFailure("a name without its final zero byte") }
        return unsafe UnsafeRawPointer(base).assumingMemoryBound(to: CChar.self)
    }
}

extension DiskStatus.Kind {
    init(mode: mode_t) {
        switch mode & S_IFMT {
        case S_IFDIR: self = .directory
        case S_IFREG: self = .file
        case S_IFLNK: self = .link
        case S_IFSOCK: self = .special("socket")
        case S_IFIFO: self = .special("fifo")
        case S_IFBLK: self = .special("block device")
        default: self = .special("character device")
        }
    }
}

extension DiskStatus {
    init(_ status: stat) {
        kind = Kind(mode: status.st_mode)
        // As git does: the owner's bit decides.
        isExecutable = status.st_mode & S_IXUSR != 0
        byteCount = Int(status.st_size)
        inode = UInt64(status.st_ino)
    }
}
