// One open directory and the calls made relative to it: no call here follows a link in the last component.
import CLinux
import Glibc
package import SystemPackage

// Safety: the descriptor belongs to one object and is closed by its `deinit`; C strings live for one call.

package final class Directory {
    package let descriptor: CInt
    /// Where it was found, for messages only.
    let place: [UInt8]

    private static let openFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC

    init(owning descriptor: CInt, place: [UInt8]) {
        self.descriptor = descriptor
        self.place = place
    }

    deinit { close(descriptor) }

    /// Opens the directory at `path`, whose own links are followed.
    package convenience init(_ path: FilePath) throws(LayerError) {
        let place = Array(path.string.utf8)
        let descriptor = unsafe withName(place) { unsafe open($0, Self.openFlags) }
        guard descriptor >= 0 else { throw .system(action: "open", path: path.string, code: .last) }
        self.init(owning: descriptor, place: place)
    }

    /// A second owner of the directory that `descriptor` has open.
    package convenience init(duplicating descriptor: CInt) throws(LayerError) {
        let copy = unsafe openat(descriptor, ".", Self.openFlags)
        guard copy >= 0 else { throw .system(action: "open", path: "the root directory", code: .last) }
        self.init(owning: copy, place: Array("/".utf8))
    }

    /// Opens the subdirectory `name`; a link or anything else is an error.
    package func child(_ name: [UInt8]) throws(LayerError) -> Directory {
        let opened = unsafe withName(name) { unsafe openat(descriptor, $0, Self.openFlags | O_NOFOLLOW) }
        guard opened >= 0 else { throw failure("open", name) }
        return Directory(owning: opened, place: place + [Self.slash] + name)
    }

    /// The directory above, if it still is the one with `identity`.
    func parent(expecting identity: FileIdentity) throws(LayerError) -> Directory {
        let opened = unsafe openat(descriptor, "..", Self.openFlags)
        guard opened >= 0 else { throw failure("open the directory above", []) }
        let end = place.lastIndex(of: Self.slash) ?? 0
        let parent = Directory(owning: opened, place: Array(place[..<end]))
        guard try parent.status().identity == identity else {
            throw .unfit(path: PathText.printable(place), reason: "it was moved while it was being read")
        }
        return parent
    }

    /// Status of the directory itself.
    package func status() throws(LayerError) -> FileStatus {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, let known = FileStatus(status) else {
            throw failure("look at", [])
        }
        return known
    }

    /// Nil when there is no `name`.
    package func status(of name: [UInt8]) throws(LayerError) -> FileStatus? {
        var status = stat()
        let code = unsafe withName(name) { unsafe fstatat(descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) }
        if code != 0, errno == ENOENT { return nil }
        guard code == 0, let known = FileStatus(status) else { throw failure("look at", name) }
        return known
    }

    /// Names in it, `.` and `..` left out, in no order.
    package func names(atMost countMax: Int64 = .max) throws(LayerError) -> [[UInt8]] {
        try entries(atMost: countMax).map(\.name)
    }

    /// The same, and whether the directory itself says that a regular file bears the name: then nobody need look at the
    /// file to know. Some file systems do not say.
    func entries(atMost countMax: Int64) throws(LayerError) -> [(name: [UInt8], isRegular: Bool)] {
        let copy = unsafe openat(descriptor, ".", Self.openFlags)
        guard copy >= 0 else { throw failure("list", []) }
        guard let stream = unsafe fdopendir(copy) else {
            close(copy)
            throw failure("list", [])
        }
        defer { unsafe closedir(stream) }
        var entries: [(name: [UInt8], isRegular: Bool)] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else { break }
            let name = unsafe Self.name(of: entry)
            if name.first == Self.dot, name.count == 1 || name.count == 2 && name[1] == Self.dot { continue }
            guard entries.count < countMax else {
                throw .exceeded(limit: "the number of files", allowed: countMax, entry: text(name))
            }
            entries.append((name, unsafe Int(entry.pointee.d_type) == Int(DT_REG)))
        }
        guard errno == 0 else { throw failure("list", []) }
        return entries
    }

    private static func name(of entry: UnsafeMutablePointer<dirent>) -> [UInt8] {
        guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return [] }
        let start = unsafe UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: UInt8.self)
        let count = unsafe strlen(UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self))
        return unsafe Array(UnsafeBufferPointer(start: start, count: count))
    }

    static let slash = UInt8(ascii: "/")
    static let dot = UInt8(ascii: ".")

    /// The error of the system call that has just failed.
    func failure(_ action: String, _ name: [UInt8]) -> LayerError {
        .system(action: action, path: text(name), code: .last)
    }

    func text(_ name: [UInt8]) -> String { Self.text(place, name) }

    static func text(_ folder: [UInt8], _ name: [UInt8]) -> String {
        PathText.printable(name.isEmpty ? folder : folder + [slash] + name)
    }
}

extension Errno {
    /// The error of the last system call of this thread.
    static var last: Errno { Errno(rawValue: errno) }
}

/// Gives `body` the name as a C string; `name` holds no NUL, since it comes from one.
func withName<Result>(_ name: [UInt8], _ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
    var text = name
    text.append(0)
    return try unsafe text.withUnsafeBytes { bytes in
        let characters = unsafe bytes.assumingMemoryBound(to: CChar.self)
        guard let start = characters.baseAddress else { preconditionFailure("a C string has its NUL") }
        return try unsafe body(start)
    }
}
