// Writes files of a tree to disk as a Dockerfile's build context: only inside the given folder, always the same modes.
package import FileTrees
import Glibc
package import SystemPackage

// Safety: C strings live only for the call; descriptors are owned by the open folders below and closed once.

package enum Materialiser {
    /// Writes `files`, whose paths lose `prefix`, below `directory`, which is made when it is missing. Files get mode
    /// 0644 or 0755, folders 0755, whatever the umask; links are written as they are and never followed; all of it gets
    /// `seconds` as its time. Throws when something already stands where a file is to go.
    ///
    /// A file that git-lfs keeps elsewhere is written as the pointer that the commit holds.
    package static func write(
        _ files: [TreeFile], below prefix: PathBytes = [], from contents: some FileContents,
        into directory: FilePath, seconds: Int64
    ) throws {
        let prefix = GoPath.formatted(prefix)
        for file in files {
            guard prefix.isEmpty || file.path.starts(with: prefix + [UInt8(ascii: "/")]) else {
                throw FileTreeError.badName(GoPath.text(file.path), folder: GoPath.text(prefix))
            }
        }
        let prefixCount = prefix.isEmpty ? 0 : prefix.count + 1
        let entries = files.map { file in
            MaterialiserSink.Entry(path: PathBytes(file.path.dropFirst(prefixCount)), kind: file.kind)
        }
        var sink = try MaterialiserSink(entries, directory, seconds)
        try contents.read(files, into: &sink)
        try sink.finish()
    }

    /// Writes `files` of `added` under the same rules into a directory that may hold files of a commit already: none of
    /// those may stand in their way.
    package static func write(
        _ files: [AddedFiles.File], of added: AddedFiles, into directory: FilePath, seconds: Int64
    ) throws {
        let entries = files.map { MaterialiserSink.Entry(path: $0.path, kind: $0.kind) }
        var sink = try MaterialiserSink(entries, directory, seconds)
        try added.read(files, into: &sink)
        try sink.finish()
    }
}

private struct MaterialiserSink: FileSink {
    /// A file or link by its path below the directory.
    struct Entry {
        let path: PathBytes
        let kind: FileKind
    }

    private let files: [Entry]
    private let seconds: Int64
    /// The folders from the root to the last file, open; left ones get their time.
    private var open: [TargetFolder]
    private var current = 0
    private var file: TargetFile?
    private var link: PathBytes = []

    init(_ files: [Entry], _ root: FilePath, _ seconds: Int64) throws {
        self.files = files
        self.seconds = seconds
        open = [try TargetFolder(root)]
    }

    mutating func begin(_ index: Int, byteCount: Int) throws {
        current = index
        let elements = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        try TargetFolder.check(elements, of: path)
        try enter(elements.dropLast().map { PathBytes($0) })
        link = []
        guard files[index].kind == .link else {
            file = try last.makeFile(name)
            return
        }
        guard byteCount < Int(PATH_MAX) else { throw last.failure("making the link", name, .fileNameTooLong) }
    }

    private var last: TargetFolder { open[open.count - 1] }

    private var path: PathBytes { files[current].path }

    private var name: PathBytes { PathBytes(path.split(separator: UInt8(ascii: "/")).last ?? []) }

    private mutating func enter(_ folders: [PathBytes]) throws {
        let shared = zip(open.dropFirst().map(\.name), folders).prefix { $0 == $1 }.count
        while open.count > shared + 1 { try leave() }
        for folder in folders.dropFirst(shared) { open.append(try last.makeFolder(folder)) }
    }

    private mutating func leave() throws {
        guard let left = open.popLast() else { return }
        try left.setTime(seconds)
    }

    mutating func take(_ bytes: RawSpan) throws {
        guard let file else {
            unsafe bytes.withUnsafeBytes { unsafe link += $0 }
            return
        }
        do {
            _ = try unsafe bytes.withUnsafeBytes { try unsafe file.descriptor.writeAll($0) }
        } catch let error as Errno {
            throw last.failure("writing", name, error)
        }
    }

    mutating func end() throws {
        if let file {
            self.file = nil
            guard file.finish(mode: files[current].kind == .executable ? 0o755 : 0o644, seconds) else {
                throw last.failure("setting mode and time", name)
            }
        } else {
            try last.makeLink(name, to: link, seconds)
        }
    }

    mutating func finish() throws { while !open.isEmpty { try leave() } }
}

/// A folder that is being filled.
private final class TargetFolder {
    let name: PathBytes
    /// The whole path, for messages.
    private let path: FilePath
    private let descriptor: Int32

    init(_ root: FilePath) throws {
        (name, path) = ([], root)
        let isMade = unsafe mkdir(root.string, 0o755) == 0 || errno == EEXIST
        descriptor = isMade ? unsafe Glibc.open(root.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1
        guard descriptor >= 0 else {
            throw FileTreeError.system(
                operation: "making the folder", path: root.string, code: Errno(rawValue: errno))
        }
        fchmod(descriptor, 0o755)
    }

    private init(name: PathBytes, path: FilePath, descriptor: Int32) {
        self.name = name
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    func failure(_ operation: String, _ name: PathBytes, _ code: Errno = Errno(rawValue: errno)) -> FileTreeError {
        .system(operation: operation, path: path.string + "/" + GoPath.text(name), code: code)
    }

    /// git refuses such names; a damaged or hostile store may hold them all the same.
    static func check(_ elements: [ArraySlice<UInt8>], of path: PathBytes) throws {
        for element in elements
        where element.isEmpty || element.contains(0) || element.elementsEqual(".".utf8)
            || element.elementsEqual("..".utf8)
        {
            throw FileTreeError.badName(GoPath.text(element), folder: GoPath.text(path))
        }
    }

    /// Makes or enters a folder; a link in its place is refused.
    func makeFolder(_ name: PathBytes) throws -> TargetFolder {
        let inner = unsafe Self.withText(name) { text in
            let made = unsafe mkdirat(descriptor, text, 0o755)
            if made != 0, errno != EEXIST { return Int32(-1) }
            return unsafe openat(descriptor, text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        }
        guard inner >= 0 else { throw failure("making the folder", name) }
        fchmod(inner, 0o755)
        return TargetFolder(name: name, path: path.appending(GoPath.text(name)), descriptor: inner)
    }

    func makeFile(_ name: PathBytes) throws -> TargetFile {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let made = unsafe Self.withText(name) { unsafe openat(descriptor, $0, flags, 0o600) }
        guard made >= 0 else { throw failure("making the file", name) }
        return TargetFile(FileDescriptor(rawValue: made))
    }

    func makeLink(_ name: PathBytes, to target: PathBytes, _ seconds: Int64) throws {
        let times = Self.times(seconds)
        let code = unsafe Self.withText(name) { name in
            let made = unsafe Self.withText(target) { unsafe symlinkat($0, descriptor, name) }
            return made == 0 ? unsafe utimensat(descriptor, name, times, AT_SYMLINK_NOFOLLOW) : made
        }
        guard code == 0 else { throw failure("making the link", name) }
    }

    func setTime(_ seconds: Int64) throws {
        guard unsafe futimens(descriptor, Self.times(seconds)) == 0 else {
            throw failure("setting the time of", [])
        }
    }

    static func times(_ seconds: Int64) -> [timespec] {
        Array(repeating: timespec(tv_sec: Int(seconds), tv_nsec: 0), count: 2)
    }

    private static func withText<Result>(_ bytes: PathBytes, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        let text = (bytes + [0]).map { CChar(bitPattern: $0) }
        return unsafe text.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("a name without its final zero byte") }
            return unsafe body(base)
        }
    }
}

/// A file that is being written; closed when it is let go.
private final class TargetFile {
    let descriptor: FileDescriptor

    init(_ descriptor: FileDescriptor) { self.descriptor = descriptor }

    deinit { try? descriptor.close() }

    /// False with `errno` set when it fails.
    func finish(mode: mode_t, _ seconds: Int64) -> Bool {
        guard fchmod(descriptor.rawValue, mode) == 0 else { return false }
        return unsafe futimens(descriptor.rawValue, TargetFolder.times(seconds)) == 0
    }
}
