// What one thread needs to hash files: a buffer, and the care that what was hashed is what the file held.
import CLinux
import Digests
import Glibc
import SystemPackage

// Safety: the buffer is allocated once, freed once, and handed to the system and to the hash only.

@safe struct FileReader: ~Copyable {
    static let bufferBytes = 256 * 1_024
    /// How often a file that changes while it is read is read again.
    static let attemptsMax = 3
    /// Bytes of a file that says that it has none, as those of /proc do.
    static let unsizedBytesMax: Int64 = 256 << 20
    /// Bytes asked of the disk before they are read.
    private static let askedBytes = 1 << 20
    /// Files that were written a moment ago, before all are looked at before they are read.
    private static let unsettledMax = 16

    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferBytes, alignment: 4_096)
    private var hasher = Hasher(.sha256)
    private let index: FileIndex.Snapshot?
    private let progress: HashProgress?
    /// Unix nanoseconds, from before the first file was looked at.
    private let now: Int64
    /// What may be remembered.
    private(set) var found: [(identity: FileIdentity, digest: ContentDigest)] = []
    /// The device that was looked at last, and whether its times can be trusted.
    private var device: (number: UInt64, isTrusted: Bool)?
    private var unsettledCount = 0
    private var isCacheAsked = true

    enum Fault: Error {
        case changed
        case special(String)
        case system(String, Int32)

        func at(_ path: String) -> FileTreeError {
            switch self {
            case .changed: .changedWhileRead(path: path)
            case .special(let kind): .specialFile(path: path, kind: kind)
            case .system(let operation, let code): DiskFolder.failure(operation, path, Errno(rawValue: code))
            }
        }
    }

    /// How far one try at a file came.
    enum Attempt {
        case hashed(FileIdentity, ContentDigest)
        /// Its bytes are not in memory. They were asked for; `end` waits for them.
        case asked(Waiting)
        case changed
    }

    /// A file that is open until `end`, and what was seen of it before.
    struct Waiting {
        fileprivate let file: Int32
        fileprivate let before: FileIdentity?
    }

    init(index: FileIndex.Snapshot?, progress: HashProgress?) {
        self.index = index
        self.progress = progress
        now = index?.now ?? FileIdentity.clock()
    }

    deinit { unsafe buffer.deallocate() }

    /// What stands at `name` in an open folder (or from the working directory, when that is AT_FDCWD); not a link, unless
    /// `isFollowed`.
    static func identity(
        of name: UnsafePointer<CChar>, in folder: Int32, isFollowed: Bool = false
    ) throws(Fault) -> FileIdentity {
        var status = stat()
        let code = unsafe fstatat(folder, name, &status, isFollowed ? 0 : AT_SYMLINK_NOFOLLOW)
        guard code == 0 else { throw errno == ENOENT && !isFollowed ? .changed : .system("looking up", errno) }
        return FileIdentity(status)
    }

    /// Identity and SHA-256 of a file: from the index, or read. It is read again while it changes.
    mutating func hash(
        _ name: UnsafePointer<CChar>, in folder: Int32, isFollowed: Bool = false
    ) throws(Fault) -> (FileIdentity, ContentDigest) {
        for _ in 0..<Self.attemptsMax {
            let before = try unsafe Self.fileIdentity(of: name, in: folder, isFollowed)
            if let known = index?.digest(of: before) { return (before, count(known, before)) }
            let file = try unsafe Self.open(name, in: folder, isFollowed)
            if file >= 0, case .hashed(let identity, let digest) = try read(file, before) { return (identity, digest) }
        }
        throw .changed
    }

    /// One try, that does not wait for the disk.
    mutating func begin(_ name: UnsafePointer<CChar>, in folder: Int32) throws(Fault) -> Attempt {
        var before: FileIdentity?
        if index != nil || unsettledCount > Self.unsettledMax {
            let identity = try unsafe Self.fileIdentity(of: name, in: folder, false)
            if let known = index?.digest(of: identity) { return .hashed(identity, count(known, identity)) }
            before = identity
        }
        let file = try unsafe Self.open(name, in: folder, false)
        return file < 0 ? .changed : try read(file, before, mayWait: false)
    }

    mutating func end(_ waiting: Waiting) throws(Fault) -> Attempt { try read(waiting.file, waiting.before) }

    static func abandon(_ waiting: Waiting) { close(waiting.file) }

    private func count(_ digest: ContentDigest, _ identity: FileIdentity) -> ContentDigest {
        progress?.add(byteCount: Int(identity.byteCount))
        return digest
    }

    private static func fileIdentity(
        of name: UnsafePointer<CChar>, in folder: Int32, _ isFollowed: Bool
    ) throws(Fault) -> FileIdentity {
        let identity = try unsafe identity(of: name, in: folder, isFollowed: isFollowed)
        if identity.isFile { return identity }
        if case .special(let kind) = DiskStatus.Kind(mode: identity.mode) { throw .special(kind) }
        throw .changed
    }

    /// Negative when it is gone, or now a link, a socket, a device without a driver.
    private static func open(
        _ name: UnsafePointer<CChar>, in folder: Int32, _ isFollowed: Bool
    ) throws(Fault) -> Int32 {
        let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (isFollowed ? 0 : O_NOFOLLOW)
        let file = unsafe openat(folder, name, flags)
        guard file < 0, ![ENOENT, ELOOP, ENXIO, ENODEV].contains(errno) else { return file }
        throw .system("opening the file", errno)
    }

    /// Closes the file, unless it was only asked for.
    private mutating func read(_ file: Int32, _ before: FileIdentity?, mayWait: Bool = true) throws(Fault) -> Attempt {
        var isAsked = false
        defer { if !isAsked { close(file) } }
        hasher.restart()
        var total: Int64 = 0
        if !mayWait, isCacheAsked {
            let count = unsafe linux_read_cached(file, buffer.baseAddress, buffer.count)
            if count == -Int(EAGAIN) {
                isAsked = true
                posix_fadvise(file, 0, off_t(Self.askedBytes), POSIX_FADV_WILLNEED)
                return .asked(Waiting(file: file, before: before))
            }
            // Not all file systems can tell; then one waits.
            if [EOPNOTSUPP, EINVAL, ENOSYS].contains(Int32(-count)) { isCacheAsked = false }
            if count > 0 { total = take(count) }
        }
        // What does not fill the buffer is taken for all of it; when it is not, the size says so afterwards.
        let isAll = total > 0 && (before.map { total == $0.byteCount } ?? (total < Self.bufferBytes))
        if !isAll {
            guard try readRest(file, upTo: before?.byteCount, &total) else { return .changed }
        }
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { throw .system("looking up", errno) }
        let after = FileIdentity(status)
        guard isSame(after, before, file), total == after.byteCount || after.byteCount == 0 else { return .changed }
        let digest = ContentDigest(finishing: &hasher)
        if total == after.byteCount { remember(after, digest, file) }
        return .hashed(after, digest)
    }

    private mutating func take(_ count: Int) -> Int64 {
        unsafe hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        progress?.add(byteCount: count)
        return Int64(count)
    }

    /// False when there is more than there should be. One call at least, or an empty file would not be known to be empty.
    private mutating func readRest(_ file: Int32, upTo byteCount: Int64?, _ total: inout Int64) throws(Fault) -> Bool {
        let bytesMax = byteCount.map { $0 > 0 ? $0 : Self.unsizedBytesMax } ?? .max
        while true {
            if total > bytesMax { return false }
            let count = unsafe Glibc.read(file, buffer.baseAddress, buffer.count)
            guard count >= 0 else {
                if errno == EINTR { continue }
                // Now a fifo, or a folder.
                if errno == EAGAIN || errno == EISDIR { return false }
                throw .system("reading", errno)
            }
            if count == 0 { return true }
            total += take(count)
            if total == byteCount || byteCount == nil && count < Self.bufferBytes { return true }
        }
    }

    /// Whether the file did not change while it was read: it is what it was before; or, when nobody looked then, its last
    /// change is clearly older than the first look at anything.
    private mutating func isSame(_ after: FileIdentity, _ before: FileIdentity?, _ file: Int32) -> Bool {
        if let before { return after == before }
        let isSame = after.isFile && after.isSettled(at: now) && isTrusted(after, file)
        if !isSame { unsettledCount += 1 }
        return isSame
    }

    private mutating func isTrusted(_ identity: FileIdentity, _ file: Int32) -> Bool {
        if let device, device.number == identity.device { return device.isTrusted }
        let isTrusted = FileIdentity.isTrusted(file)
        device = (identity.device, isTrusted)
        return isTrusted
    }

    private mutating func remember(_ identity: FileIdentity, _ digest: ContentDigest, _ file: Int32) {
        guard let index, index.isSettled(identity), isTrusted(identity, file) else { return }
        found.append((identity, digest))
    }
}
