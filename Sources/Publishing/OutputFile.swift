// A file that appears whole or not at all: written beside its place and then moved there.
import Glibc
import SystemPackage

// Safety: paths and buffers are passed to system calls for the length of the call only.

final class OutputFile {
    private let path: FilePath
    private let temporary: FilePath
    private let file: FileDescriptor
    private var isPlaced = false

    init(_ path: FilePath) throws {
        self.path = path
        guard let name = path.lastComponent else { throw PublishingError("\"\(path)\" is no name of a file") }
        temporary = path.removingLastComponent().appending(".\(name).weft-\(getpid())")
        var status = stat()
        let isThere = unsafe stat(path.string, &status) == 0
        guard !isThere || status.st_mode & S_IFMT == S_IFREG else {
            throw PublishingError("\(path) is there and is no regular file: name another one")
        }
        do {
            file = try FileDescriptor.open(
                temporary, .writeOnly, options: [.create, .truncate, .closeOnExec, .noFollow],
                permissions: FilePermissions(rawValue: 0o644))
        } catch let error as Errno {
            throw PublishingError("write \(path): \(error)")
        }
    }

    deinit {
        try? file.close()
        if !isPlaced { _ = unsafe unlink(temporary.string) }
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
        do {
            _ = try unsafe file.writeAll(bytes)
        } catch let error as Errno {
            throw PublishingError("write \(path): \(error)")
        }
    }

    func append(_ bytes: [UInt8]) throws { try unsafe bytes.withUnsafeBytes { try unsafe append($0) } }

    /// On the disk, under its name.
    func finish() throws {
        guard fsync(file.rawValue) == 0, unsafe rename(temporary.string, path.string) == 0 else {
            throw PublishingError("write \(path): \(Errno(rawValue: errno))")
        }
        isPlaced = true
    }
}
