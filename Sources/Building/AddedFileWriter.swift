// Copies contextAddFiles into a build context on disk.
import FileTrees
import Glibc
import SystemPackage

// Safety: paths are passed to system calls for the length of the call only.

struct AddedFileWriter {
    private let source: FilePath
    private let target: FilePath

    /// Bytes copied at a time.
    private static let chunkBytes = 1 << 20

    init(from source: FilePath, into target: FilePath) {
        self.source = source
        self.target = target
    }

    /// Paths are relative to the context; the folders above them are made.
    func write(_ files: [AddedFiles.File]) throws {
        let folder = try DiskFolder(source)
        for file in files {
            let path = GoPath.text(file.path)
            try makeFolders(above: path)
            let place = target.appending(path)
            if file.kind == .link {
                let link = GoPath.text(try folder.linkTarget(file.path))
                guard unsafe symlink(link, place.string) == 0 else { throw Self.failure("making the link", path) }
            } else {
                try copy(try folder.file(file.path), to: place, path, isExecutable: file.kind == .executable)
            }
            var times = [timespec(), timespec()]
            unsafe utimensat(AT_FDCWD, place.string, &times, AT_SYMLINK_NOFOLLOW)
        }
    }

    private func makeFolders(above path: String) throws {
        var place = target
        for part in path.split(separator: "/").dropLast() {
            place = place.appending(String(part))
            guard unsafe mkdir(place.string, 0o755) == 0 || errno == EEXIST else {
                throw Self.failure("making the folder", path)
            }
        }
    }

    private func copy(_ input: FileDescriptor, to place: FilePath, _ path: String, isExecutable: Bool) throws {
        defer { try? input.close() }
        do {
            let output = try FileDescriptor.open(
                place, .writeOnly, options: [.create, .truncate, .closeOnExec, .noFollow],
                permissions: FilePermissions(rawValue: isExecutable ? 0o755 : 0o644))
            try output.closeAfter {
                guard fchmod(output.rawValue, isExecutable ? 0o755 : 0o644) == 0 else { throw Errno(rawValue: errno) }
                var buffer = [UInt8](repeating: 0, count: Self.chunkBytes)
                while true {
                    let count = try unsafe buffer.withUnsafeMutableBytes { try unsafe input.read(into: $0) }
                    if count == 0 { return }
                    _ = try output.writeAll(buffer[..<count])
                }
            }
        } catch let error as Errno {
            throw FileTreeError.system(operation: "copying", path: path, code: error.description)
        }
    }

    private static func failure(_ operation: String, _ path: String) -> FileTreeError {
        .system(operation: operation, path: path, code: Errno(rawValue: errno).description)
    }
}
