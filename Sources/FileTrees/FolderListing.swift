// Reads the entries of one open folder, many with each system call, without a stat for any whose kind is told.
import CLinux
import Glibc
import SystemPackage

// Safety: records of the kernel are read within the bytes that it said it wrote; C strings live only for the call.

struct FolderListing {
    private(set) var names: [UInt8] = []
    private(set) var entries: [WalkedEntry] = []
    private(set) var folders: [PathBytes] = []
    private(set) var targets: [PathBytes] = []
    private let descriptor: Int32
    /// The folder's path, for messages.
    private let path: String

    /// Bytes asked of the kernel at once.
    static let bufferBytes = 64 * 1_024

    init(of descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// `buffer` has `bufferBytes`. Throws `specialFile` at a socket, fifo or device.
    mutating func read(_ buffer: UnsafeMutableRawBufferPointer) throws(FileTreeError) {
        while true {
            let count = unsafe linux_folder_entries(descriptor, buffer.baseAddress, buffer.count)
            guard count >= 0 else { throw failure("listing", [], Int32(-count)) }
            if count == 0 { return }
            try unsafe take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            guard entries.count <= FileTree.filesMax else { throw .tooManyFiles(limit: FileTree.filesMax) }
        }
    }

    /// linux_dirent64: inode 8, offset 8, length 2, kind 1, name.
    private mutating func take(_ records: UnsafeRawBufferPointer) throws(FileTreeError) {
        var start = 0
        while start + 19 < records.count {
            let inode = unsafe records.loadUnaligned(fromByteOffset: start, as: UInt64.self)
            let length = Int(unsafe records.loadUnaligned(fromByteOffset: start + 16, as: UInt16.self))
            let kind = unsafe records[start + 18]
            guard length > 19, start + length <= records.count else { throw failure("listing", [], EIO) }
            let field = unsafe records[start + 19..<start + length]
            start += length
            let name = unsafe PathBytes(field.prefix { $0 != 0 })
            let isItselfOrParent = name.count <= 2 && name.allSatisfy { $0 == UInt8(ascii: ".") }
            if !isItselfOrParent { try add(name, inode, kind: kind) }
        }
    }

    /// `kind` is a DT_ constant (dirent.h); 0 is not known.
    mutating func add(_ name: PathBytes, _ inode: UInt64, kind: UInt8) throws(FileTreeError) {
        let found = try self.kind(Int32(kind), name)
        let nameStart = names.count
        names += name
        names.append(0)
        var place = 0
        switch found {
        case .file: break
        case .folder:
            place = folders.count
            folders.append(name)
        case .link:
            place = targets.count
            targets.append(try target(of: name))
        }
        guard names.count <= TreeWalk.nameBytesMax else { throw .tooManyNames(bytesMax: TreeWalk.nameBytesMax) }
        entries.append(
            WalkedEntry(
                nameStart: UInt32(nameStart), nameCount: UInt32(name.count), kind: found, place: UInt32(place),
                inode: inode)
        )
    }

    /// DT_ constants are a file's mode, shifted.
    private func kind(_ kind: Int32, _ name: PathBytes) throws(FileTreeError) -> WalkedEntry.Kind {
        var mode = mode_t(kind) << 12
        // Some file systems do not tell.
        if kind == 0 {
            var status = stat()
            let code = unsafe Self.withText(name) {
                unsafe fstatat(descriptor, $0, &status, AT_SYMLINK_NOFOLLOW)
            }
            guard code == 0 else { throw failure("looking up", name, errno) }
            mode = status.st_mode
        }
        switch DiskStatus.Kind(mode: mode) {
        case .file: return .file
        case .directory: return .folder
        case .link: return .link
        case .special(let kind): throw .specialFile(path: full(name), kind: kind)
        }
    }

    private func target(of name: PathBytes) throws(FileTreeError) -> PathBytes {
        var target = PathBytes(repeating: 0, count: Int(PATH_MAX))
        let count = unsafe target.withUnsafeMutableBytes { space in
            guard let start = unsafe space.baseAddress?.assumingMemoryBound(to: CChar.self) else { return -1 }
            return unsafe Self.withText(name) { unsafe readlinkat(descriptor, $0, start, space.count) }
        }
        guard count >= 0 else { throw failure("reading the link", name, errno) }
        return PathBytes(target[..<count])
    }

    private static func withText<Result>(
        _ name: PathBytes, _ body: (UnsafePointer<CChar>) -> Result
    ) -> Result {
        unsafe (name + [0]).withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("a name without its final zero byte") }
            return unsafe body(base.assumingMemoryBound(to: CChar.self))
        }
    }

    private func full(_ name: some Collection<UInt8>) -> String { name.isEmpty ? path : path + "/" + GoPath.text(name) }

    private func failure(_ operation: String, _ name: some Collection<UInt8>, _ code: Int32) -> FileTreeError {
        if code == ENOENT { return .changedWhileRead(path: full(name)) }
        return DiskFolder.failure(operation, full(name), Errno(rawValue: code))
    }
}
