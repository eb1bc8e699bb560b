// Writes tar archives in pax form through libarchive.
import CArchive
import Glibc

// Safety: the archive and the entry belong to one object, which frees them once; the bridge that libarchive points to
// lives as long as that object.

/// The stream is the same for the same entries on every host: no names of owners, no time of access, nothing of the
/// process. libarchive's bytes depend on the character set, hence the check.
@safe final class TarWriter {
    private let archive: OpaquePointer
    private let entry: OpaquePointer
    private let bridge: OutputBridge

    init(_ output: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
        try CharacterSet.requireUTF8()
        guard let archive = unsafe archive_write_new(), let entry = unsafe archive_entry_new() else {
            preconditionFailure("out of memory for an archive")
        }
        unsafe self.archive = archive
        unsafe self.entry = entry
        bridge = unsafe OutputBridge(output)
        try check(unsafe archive_write_set_format_pax_restricted(archive))
        // The only spelling of extended attributes that container engines read.
        try check(unsafe archive_write_set_options(archive, "pax:xattrheader=SCHILY"))
        try check(unsafe archive_write_add_filter_none(archive))
        // 0: what is written reaches the callback at once, without a copy in between.
        try check(unsafe archive_write_set_bytes_per_block(archive, 0))
        try check(unsafe archive_write_set_bytes_in_last_block(archive, 1))
        let context = unsafe Unmanaged.passUnretained(bridge).toOpaque()
        try check(unsafe archive_write_open(archive, context, nil, writeForArchive, nil))
    }

    deinit {
        bridge.isDiscarding = true
        unsafe archive_entry_free(entry)
        _ = unsafe archive_write_free(archive)
    }

    /// Starts an entry; `size` bytes must follow for a regular file.
    func begin(_ described: TarEntry) throws {
        unsafe fill(entry, described)
        try check(unsafe archive_write_header(archive, entry))
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
        let count = unsafe archive_write_data(archive, bytes.baseAddress, bytes.count)
        guard count == bytes.count else {
            try check(CInt(truncatingIfNeeded: count))
            throw LayerError.damaged(reason: "a file grew while it was being written")
        }
    }

    /// Writes the end of the archive.
    func close() throws { try check(unsafe archive_write_close(archive)) }

    /// A warning is no failure: names that are not UTF-8 give one and are written as they are.
    private func check(_ code: CInt) throws {
        if let failure = bridge.failure { throw failure }
        guard code < ARCHIVE_WARN else { return }
        throw LayerError.damaged(reason: unsafe ArchiveMessage.text(of: archive))
    }

    private func fill(_ entry: OpaquePointer, _ described: TarEntry) {
        unsafe archive_entry_clear(entry)
        unsafe withName(described.path) { unsafe archive_entry_copy_pathname(entry, $0) }
        unsafe archive_entry_set_perm(entry, mode_t(described.permissions))
        unsafe archive_entry_set_uid(entry, described.owner)
        unsafe archive_entry_set_gid(entry, described.group)
        unsafe archive_entry_set_mtime(entry, time_t(described.modified.seconds), Int(described.modified.nanoseconds))
        for attribute in described.attributes {
            unsafe withName(attribute.name) { name in
                unsafe attribute.value.withUnsafeBytes {
                    unsafe archive_entry_xattr_add_entry(entry, name, $0.baseAddress, $0.count)
                }
            }
        }
        switch described.kind {
        case .regular:
            unsafe setType(entry, ARCHIVE_FILE)
            unsafe archive_entry_set_size(entry, described.size)
        case .directory: unsafe setType(entry, ARCHIVE_DIRECTORY)
        case .fifo: unsafe setType(entry, ARCHIVE_FIFO)
        case .symbolicLink(let target):
            unsafe setType(entry, ARCHIVE_LINK)
            unsafe withName(target) { unsafe archive_entry_copy_symlink(entry, $0) }
        case .hardLink(let target):
            unsafe setType(entry, ARCHIVE_FILE)
            unsafe withName(target) { unsafe archive_entry_copy_hardlink(entry, $0) }
        case .character(let device):
            unsafe setType(entry, ARCHIVE_CHARACTER)
            unsafe setDevice(entry, device)
        case .block(let device):
            unsafe setType(entry, ARCHIVE_BLOCK)
            unsafe setDevice(entry, device)
        }
    }

    private func setType(_ entry: OpaquePointer, _ type: Int) {
        unsafe archive_entry_set_filetype(entry, UInt32(type))
    }

    private func setDevice(_ entry: OpaquePointer, _ device: DeviceNumber) {
        unsafe archive_entry_set_rdevmajor(entry, dev_t(device.major))
        unsafe archive_entry_set_rdevminor(entry, dev_t(device.minor))
    }
}

private func writeForArchive(
    _: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _ bytes: UnsafeRawPointer?, _ count: Int
) -> Int {
    guard let context = unsafe context else { return -1 }
    let bridge = unsafe Unmanaged<OutputBridge>.fromOpaque(context).takeUnretainedValue()
    return unsafe bridge.take(UnsafeRawBufferPointer(start: bytes, count: count))
}

/// What libarchive's write callback is given: it keeps the error that a C function cannot throw.
@safe private final class OutputBridge {
    var failure: (any Error)?
    /// Freeing an archive that was not closed writes its end: that end goes nowhere.
    var isDiscarding = false
    private let output: (UnsafeRawBufferPointer) throws -> Void

    init(_ output: @escaping (UnsafeRawBufferPointer) throws -> Void) { unsafe self.output = output }

    func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        if isDiscarding { return bytes.count }
        if failure != nil { return -1 }
        do { try unsafe output(bytes) } catch {
            failure = error
            return -1
        }
        return bytes.count
    }
}

enum ArchiveMessage {
    /// libarchive's message may be missing; its import as a never-nil pointer would then crash.
    static func text(of archive: OpaquePointer) -> String {
        let message: UnsafePointer<CChar>? = unsafe archive_error_string(archive)
        guard let message = unsafe message else { return "libarchive gives no reason" }
        return unsafe String(cString: message)
    }
}

enum CharacterSet {
    /// libarchive translates names through the process's character set: in another one the same tree would give other
    /// bytes. `main` sets LC_CTYPE to C.UTF-8 at its first line.
    static func requireUTF8() throws(LayerError) {
        let name: UnsafePointer<CChar>? = unsafe setlocale(LC_CTYPE, nil).map { unsafe UnsafePointer($0) }
        let found = unsafe name.map { unsafe String(cString: $0) } ?? "none"
        guard found == "C.UTF-8" || found == "C.utf8" else { throw .wrongLocale(found: found) }
    }
}
