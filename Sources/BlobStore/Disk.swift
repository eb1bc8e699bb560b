// The few file calls that the store is made of: whole small files, rename, link, sync.
import Glibc
import SystemPackage

// Safety: C strings and buffers live for one call.

enum Disk {
    static func makeDirectory(_ path: FilePath) throws(StoreError) {
        let code = unsafe path.withPlatformString { unsafe mkdir($0, 0o700) }
        guard code == 0 || errno == EEXIST else { throw failure("make directory", path) }
    }

    /// Nil when there is no file; an error when it has more than `bytesMax` bytes. `interval`: the time of the file
    /// says when it was last used, give or take so many seconds; nil: its use says nothing.
    static func read(_ path: FilePath, atMost bytesMax: Int, noting interval: Int64? = nil) throws -> [UInt8]? {
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .noFollow])
            defer { try? file.close() }
            let status = try status(file, path)
            let size = Int64(status.st_size)
            if let interval { noteUse(file, status, interval) }
            guard size <= bytesMax else {
                throw StoreError.tooLarge(what: path.string, byteCount: size, allowed: Int64(bytesMax))
            }
            return try readAll(file, count: Int(size))
        } catch Errno.noSuchFileOrDirectory {
            return nil
        } catch let code as Errno {
            throw StoreError.system(action: "read", path: path.string, code: code)
        }
    }

    /// Fewer bytes than `count` when the file was cut.
    private static func readAll(_ file: FileDescriptor, count: Int) throws -> [UInt8] {
        try unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            while initialized < count {
                let rest = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[initialized...])
                let read = try unsafe file.read(into: rest)
                if read == 0 { return }
                initialized += read
            }
        }
    }

    /// A new file that nobody else has, mode 0600.
    static func create(_ path: FilePath) throws(StoreError) -> FileDescriptor {
        do {
            return try FileDescriptor.open(
                path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec, .noFollow],
                permissions: [.ownerRead, .ownerWrite])
        } catch { throw .init(error, "make file", path) }
    }

    static func write(_ bytes: [UInt8], to path: FilePath) throws(StoreError) {
        let file = try create(path)
        do {
            try file.closeAfter {
                _ = try file.writeAll(bytes)
            }
        } catch { throw .init(error, "write", path) }
    }

    /// Adds to the end of a file, which is made where there is none.
    static func append(_ bytes: [UInt8], to path: FilePath) throws(StoreError) {
        do {
            let file = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .append, .closeOnExec, .noFollow],
                permissions: [.ownerRead, .ownerWrite])
            try file.closeAfter { _ = try file.writeAll(bytes) }
        } catch { throw .init(error, "write", path) }
    }

    static func rename(_ old: FilePath, to new: FilePath) throws(StoreError) {
        let code = unsafe old.withPlatformString { old in
            unsafe new.withPlatformString { unsafe Glibc.rename(old, $0) }
        }
        guard code == 0 else { throw failure("move a file to", new) }
    }

    /// Moves a directory to a name that must be free; false when a directory with something in it stands there.
    static func placeDirectory(_ old: FilePath, at new: FilePath) throws(StoreError) -> Bool {
        let code = unsafe old.withPlatformString { old in
            unsafe new.withPlatformString { unsafe Glibc.rename(old, $0) }
        }
        if code != 0, errno == ENOTEMPTY || errno == EEXIST { return false }
        guard code == 0 else { throw failure("move a directory to", new) }
        return true
    }

    /// False when something bears the name already.
    static func link(_ old: FilePath, as new: FilePath) throws(StoreError) -> Bool {
        let code = unsafe old.withPlatformString { old in
            unsafe new.withPlatformString { unsafe Glibc.link(old, $0) }
        }
        if code != 0, errno == EEXIST { return false }
        guard code == 0 else { throw failure("link", new) }
        return true
    }

    /// Nothing there is no error.
    static func remove(_ path: FilePath) throws(StoreError) {
        let code = unsafe path.withPlatformString { unsafe unlink($0) }
        guard code == 0 || errno == ENOENT else { throw failure("remove", path) }
    }

    /// Nil when there is nothing.
    static func status(_ path: FilePath) -> stat? {
        var status = stat()
        let code = unsafe path.withPlatformString { unsafe lstat($0, &status) }
        return code == 0 ? status : nil
    }

    static func status(_ file: FileDescriptor, _ path: FilePath) throws(StoreError) -> stat {
        var status = stat()
        guard unsafe fstat(file.rawValue, &status) == 0 else { throw failure("look at", path) }
        return status
    }

    /// Nil when there is nothing.
    static func size(_ path: FilePath) -> Int64? { status(path).map { Int64($0.st_size) } }

    /// Unix seconds of the last change of its contents; nil when there is nothing.
    static func modified(_ path: FilePath) -> Int64? { status(path).map(modified) }

    static func modified(_ status: stat) -> Int64 { Int64(status.st_mtim.tv_sec) }

    static func size(_ file: FileDescriptor, _ path: FilePath) throws(StoreError) -> Int64 {
        Int64(try status(file, path).st_size)
    }

    static func isDirectory(_ path: FilePath) -> Bool {
        status(path).map(isDirectory) ?? false
    }

    static func isDirectory(_ status: stat) -> Bool { status.st_mode & 0o170000 == 0o040000 }

    static func isRegular(_ status: stat) -> Bool { status.st_mode & 0o170000 == 0o100000 }

    /// What a file takes of the disk (stat(3type): blocks of 512 bytes).
    static func storedBytes(_ status: stat) -> Int64 { Int64(status.st_blocks) * 512 }

    static func sync(_ file: FileDescriptor, _ path: FilePath) throws(StoreError) {
        guard fsync(file.rawValue) == 0 else { throw failure("sync", path) }
    }

    /// A file, or a directory and with it the names in it.
    static func sync(_ path: FilePath) throws(StoreError) {
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
            try file.closeAfter { try sync(file, path) }
        } catch { throw .init(error, "sync", path) }
    }

    /// Sets the time of the file to now, unless it is newer than `interval` seconds. A store that can't be written to
    /// is read all the same.
    static func noteUse(_ file: FileDescriptor, _ status: stat, _ interval: Int64) {
        guard UnixTime.seconds - modified(status) > interval else { return }
        _ = futimens(file.rawValue, nil)
    }

    /// The same by name; false when there is nothing.
    @discardableResult
    static func noteUse(_ path: FilePath) -> Bool {
        unsafe path.withPlatformString { unsafe utimensat(AT_FDCWD, $0, nil, AT_SYMLINK_NOFOLLOW) } == 0
    }

    /// Bytes that anybody may still write to the file system of `path`.
    static func availableBytes(_ path: FilePath) throws(StoreError) -> Int64 {
        var status = statvfs()
        let code = unsafe path.withPlatformString { unsafe statvfs($0, &status) }
        guard code == 0 else { throw failure("look at the file system of", path) }
        return Int64(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }

    private static func failure(_ action: String, _ path: FilePath) -> StoreError {
        .system(action: action, path: path.string, code: Errno(rawValue: errno))
    }
}

extension StoreError {
    /// Any error of a file call, with what was tried.
    init(_ error: any Error, _ action: String, _ path: FilePath) {
        switch error {
        case let known as StoreError: self = known
        case let code as Errno: self = .system(action: action, path: path.string, code: code)
        default: self = .system(action: action, path: path.string, code: .ioError)
        }
    }
}
