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
        var sink = try MaterialiserSink(files, prefixCount: prefix.isEmpty ? 0 : prefix.count + 1, directory, seconds)
        try contents.read(files, into: &sink)
        try sink.finish()
    }
}

private struct MaterialiserSink: FileSink {
    private let files: [TreeFile]
    private let prefixCount: Int
    private let seconds: Int64
    private let root: FilePath
    /// The folders from the root to the last file, open; left ones get their time.
    private var open: [TargetFolder]
    private var current = 0
    private var file: TargetFile?
    private var link: PathBytes = []

    init(_ files: [TreeFile], prefixCount: Int, _ root: FilePath, _ seconds: Int64) throws {
        self.files = files
        self.prefixCount = prefixCount
        self.seconds = seconds
        self.root = root
        open = [try TargetFolder(root)]
    }

    mutating func begin(_ index: Int, byteCount: Int) throws {
        current = index
        let elements = path.dropFirst(prefixCount).split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        try TargetFolder.check(elements, of: path)
        try enter(elements.dropLast().map { PathBytes($0) })
        link = []
        guard files[index].kind == .link else {
            file = try last.makeFile(name)
            return
        }
        guard byteCount < Int(PATH_MAX) else { throw Self.failure("making the link", path, .fileNameTooLong) }
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
        _ = try unsafe bytes.withUnsafeBytes { try unsafe file.descriptor.writeAll($0) }
    }

    mutating func end() throws {
        if let file {
            self.file = nil
            try file.finish(mode: files[current].kind == .executable ? 0o755 : 0o644, seconds, path)
        } else {
            try last.makeLink(name, to: link, seconds)
        }
    }

    mutating func finish() throws { while !open.isEmpty { try leave() } }

    static func failure(_ operation: String, _ path: PathBytes, _ error: Errno) -> FileTreeError {
        .system(operation: operation, path: GoPath.text(path), code: error.description)
    }
}

/// A folder that is being filled.
private final class TargetFolder {
    let name: PathBytes
    private let descriptor: Int32

    init(_ root: FilePath) throws {
        name = []
        _ = unsafe mkdir(root.string, 0o755)
        descriptor = unsafe Glibc.open(root.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("opening the folder", Array(root.string.utf8)) }
        fchmod(descriptor, 0o755)
    }

    private init(name: PathBytes, descriptor: Int32) {
        self.name = name
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    static func failure(_ operation: String, _ path: PathBytes) -> FileTreeError {
        MaterialiserSink.failure(operation, path, Errno(rawValue: errno))
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
        guard inner >= 0 else { throw Self.failure("making the folder", name) }
        fchmod(inner, 0o755)
        return TargetFolder(name: name, descriptor: inner)
    }

    func makeFile(_ name: PathBytes) throws -> TargetFile {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let made = unsafe Self.withText(name) { unsafe openat(descriptor, $0, flags, 0o600) }
        guard made >= 0 else { throw Self.failure("making the file", name) }
        return TargetFile(FileDescriptor(rawValue: made))
    }

    func makeLink(_ name: PathBytes, to target: PathBytes, _ seconds: Int64) throws {
        let times = Self.times(seconds)
        let code = unsafe Self.withText(name) { name in
            let made = unsafe Self.withText(target) { unsafe symlinkat($0, descriptor, name) }
            return made == 0 ? unsafe utimensat(descriptor, name, times, AT_SYMLINK_NOFOLLOW) : made
        }
        guard code == 0 else { throw Self.failure("making the link", name) }
    }

    func setTime(_ seconds: Int64) throws {
        guard unsafe futimens(descriptor, Self.times(seconds)) == 0 else {
            throw Self.failure("setting the time", name)
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

    func finish(mode: mode_t, _ seconds: Int64, _ path: PathBytes) throws {
        guard fchmod(descriptor.rawValue, mode) == 0,
            unsafe futimens(descriptor.rawValue, TargetFolder.times(seconds)) == 0
        else { throw TargetFolder.failure("setting mode and time", path) }
    }
}
