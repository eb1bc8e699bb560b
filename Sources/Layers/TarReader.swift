// Reads tar archives through libarchive, hashing every byte that it is given.
import CArchive
import Digests

// Safety: the archive belongs to one object, which frees it once; the bridge that libarchive points to lives as long
// as that object, its buffer as long as the bridge; libarchive's own buffers are used before its next call.

@safe final class TarReader {
    private let archive: OpaquePointer
    private let bridge: InputBridge
    private let limits: LayerLimits

    /// `source` gives uncompressed bytes.
    init(_ source: ByteSource, limits: LayerLimits) throws {
        try CharacterSet.requireUTF8()
        guard let archive = unsafe archive_read_new() else { preconditionFailure("out of memory for an archive") }
        unsafe self.archive = archive
        self.limits = limits
        bridge = InputBridge(source, headerBytesMax: limits.headerBytes)
        try check(unsafe archive_read_support_format_tar(archive))
        try check(unsafe archive_read_support_format_empty(archive))
        let context = unsafe Unmanaged.passUnretained(bridge).toOpaque()
        try check(unsafe archive_read_open(archive, context, nil, readForArchive, nil))
    }

    deinit { _ = unsafe archive_read_free(archive) }

    /// The next entry, or nil at the archive's end. The rest of the entry before is skipped.
    func next() throws -> TarEntry? {
        if bridge.hasEntry { try check(unsafe archive_read_data_skip(archive)) }
        bridge.beginHeader()
        defer { bridge.endHeader() }
        var entry: OpaquePointer?
        let code = unsafe archive_read_next_header(archive, &entry)
        if code == ARCHIVE_EOF, bridge.failure == nil { return nil }
        try check(code)
        guard let entry = unsafe entry else { throw LayerError.damaged(reason: "an entry without a header") }
        return try unsafe describe(entry)
    }

    /// The data of the entry that `next` returned: pieces and where they belong; what lies between them is a hole.
    func forEachPiece(_ body: (UnsafeRawBufferPointer, Int64) throws -> Void) throws {
        while true {
            var start: UnsafeRawPointer?
            var count = 0
            var offset: Int64 = 0
            let code = unsafe archive_read_data_block(archive, &start, &count, &offset)
            if code == ARCHIVE_EOF, bridge.failure == nil { return }
            try check(code)
            try unsafe body(UnsafeRawBufferPointer(start: start, count: count), offset)
        }
    }

    /// Reads what follows the archive's end; the digest of all bytes from first to last. Call once.
    func finish() throws -> BlobDigest { try bridge.drain() }

    private func check(_ code: CInt) throws {
        if let failure = bridge.failure { throw failure }
        guard code < ARCHIVE_WARN || code == ARCHIVE_EOF else { return }
        throw LayerError.damaged(reason: unsafe ArchiveMessage.text(of: archive))
    }

    private func describe(_ entry: OpaquePointer) throws -> TarEntry {
        guard let path = unsafe bytes(archive_entry_pathname(entry)) else {
            throw LayerError.damaged(reason: "an entry without a name")
        }
        return TarEntry(
            path: path, kind: try unsafe kind(of: entry, at: path),
            permissions: UInt32(unsafe archive_entry_perm(entry)) & 0o7777,
            owner: unsafe archive_entry_uid(entry), group: unsafe archive_entry_gid(entry),
            modified: unsafe time(of: entry),
            size: unsafe archive_entry_size(entry), attributes: try unsafe attributes(of: entry, at: path))
    }

    /// As containerd's `boundTime` has it: what 64 bits of nanoseconds can't hold is the beginning of 1970. The ends of
    /// 64 bits of seconds would not even come back from a layer as they went in.
    private func time(of entry: OpaquePointer) -> FileTime {
        let seconds = Int64(unsafe archive_entry_mtime(entry))
        guard seconds.magnitude < Self.secondsMax else { return FileTime(seconds: 0) }
        return FileTime(seconds: seconds, nanoseconds: Int64(unsafe archive_entry_mtime_nsec(entry)))
    }

    private static let secondsMax = UInt64(Int64.max) / 1_000_000_000

    private func kind(of entry: OpaquePointer, at path: [UInt8]) throws -> TarEntry.Kind {
        if let target = unsafe bytes(archive_entry_hardlink(entry)) { return .hardLink(target: target) }
        let device = DeviceNumber(
            major: UInt32(truncatingIfNeeded: unsafe archive_entry_rdevmajor(entry)),
            minor: UInt32(truncatingIfNeeded: unsafe archive_entry_rdevminor(entry)))
        switch Int(unsafe archive_entry_filetype(entry)) {
        case ARCHIVE_FILE: return .regular
        case ARCHIVE_DIRECTORY: return .directory
        case ARCHIVE_LINK: return .symbolicLink(target: unsafe bytes(archive_entry_symlink(entry)) ?? [])
        case ARCHIVE_CHARACTER: return .character(device)
        case ARCHIVE_BLOCK: return .block(device)
        case ARCHIVE_FIFO: return .fifo
        default:
            throw LayerError.refused(entry: PathText.printable(path), reason: "its type is unknown")
        }
    }

    private func attributes(of entry: OpaquePointer, at path: [UInt8]) throws -> [ExtendedAttribute] {
        var found: [ExtendedAttribute] = []
        guard unsafe archive_entry_xattr_reset(entry) > 0 else { return found }
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var count = 0
        while unsafe archive_entry_xattr_next(entry, &name, &value, &count) == ARCHIVE_OK {
            guard let name = unsafe bytes(name), ExtendedAttribute.isCarried(name) else { continue }
            guard found.count < limits.attributes, count <= limits.attributeBytes, name.count <= limits.nameBytes else {
                throw LayerError.exceeded(
                    limit: "the size or number of extended attributes of a file",
                    allowed: Int64(limits.attributeBytes), entry: PathText.printable(path))
            }
            let bytes = unsafe Array(UnsafeRawBufferPointer(start: value, count: count))
            found.append(ExtendedAttribute(name: name, value: bytes))
        }
        return found
    }

    /// libarchive's `_utf8` forms lose names that are not UTF-8, so names are bytes here.
    private func bytes(_ text: UnsafePointer<CChar>?) -> [UInt8]? {
        guard let text = unsafe text else { return nil }
        return unsafe Array(UnsafeRawBufferPointer(start: text, count: CString.length(text)))
    }
}

private func readForArchive(
    _: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _ bytes: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> Int {
    guard let context = unsafe context, let bytes = unsafe bytes else { return -1 }
    return unsafe Unmanaged<InputBridge>.fromOpaque(context).takeUnretainedValue().fill(bytes)
}

/// What libarchive's read callback is given.
@safe private final class InputBridge {
    private(set) var failure: (any Error)?
    private(set) var hasEntry = false
    private let source: ByteSource
    private let headerBytesMax: Int64
    private let buffer: UnsafeMutableRawBufferPointer
    private var hasher: Digests.Hasher? = Digests.Hasher(.sha256)
    /// Bytes that the header being read may still take; nil outside headers.
    private var headerBytes: Int64?

    private static let bufferBytes = 256 << 10

    init(_ source: ByteSource, headerBytesMax: Int64) {
        self.source = source
        self.headerBytesMax = headerBytesMax + Int64(Self.bufferBytes)
        unsafe buffer = .allocate(byteCount: Self.bufferBytes, alignment: 16)
    }

    deinit { unsafe buffer.deallocate() }

    func beginHeader() { headerBytes = headerBytesMax }

    func endHeader() {
        headerBytes = nil
        hasEntry = true
    }

    func fill(_ bytes: UnsafeMutablePointer<UnsafeRawPointer?>) -> Int {
        unsafe bytes.pointee = UnsafeRawPointer(buffer.baseAddress)
        do { return try pull() } catch {
            failure = error
            return -1
        }
    }

    private func pull() throws -> Int {
        let count = try unsafe source.read(buffer)
        unsafe hasher?.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        if let rest = headerBytes {
            guard rest >= Int64(count) else {
                throw LayerError.exceeded(
                    limit: "the size of one entry's header", allowed: headerBytesMax, entry: "after the last good one")
            }
            headerBytes = rest - Int64(count)
        }
        return count
    }

    func drain() throws -> BlobDigest {
        if let failure { throw failure }
        while try pull() > 0 {}
        guard let hasher = hasher.take() else { preconditionFailure("an archive is finished once") }
        return BlobDigest(finishing: hasher)
    }
}
