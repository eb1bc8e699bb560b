// A flat file of records with check values, shared by all processes of a user: only added to, and begun again when full.
import Glibc
import SystemPackage

/// Losing it costs time, nothing else: a missing, damaged or foreign file is an empty one.
struct RecordFile: Sendable {
    static let headerBytes = 64
    /// Records beyond twice the live ones before the rest is thrown out.
    static let staleMin = 8_192

    let shape: RecordShape
    private let path: FilePath

    init(_ shape: RecordShape, path: FilePath) {
        self.shape = shape
        self.path = path
    }

    private var header: [UInt8] {
        precondition(shape.magic.utf8.count < Self.headerBytes, "too long for the head of a file")
        let magic = Array(shape.magic.utf8)
        return magic + [UInt8](repeating: 0, count: Self.headerBytes - magic.count)
    }

    func load() throws -> RecordTable {
        let options: FileDescriptor.OpenOptions = [.closeOnExec, .noFollow]
        guard let file = try? FileDescriptor.open(path, .readOnly, options: options) else { return RecordTable(shape) }
        return try file.closeAfter {
            try lock(file, LOCK_SH)
            return RecordTable(shape, words: try words(of: file))
        }
    }

    /// Empty when the file does not begin as it should.
    private func words(of file: FileDescriptor) throws -> [UInt64] {
        guard try startsWell(file) else { return [] }
        let size = Int(try file.seek(offset: 0, from: .end)) - Self.headerBytes
        let count = min(size / shape.recordBytes, shape.recordsMax) * shape.recordWords
        var failure: Errno?
        let words = unsafe [UInt64](unsafeUninitializedCapacity: count) { buffer, initialized in
            unsafe Self.adviseHugePages(buffer)
            var filled = 0
            do {
                while filled < count * 8 {
                    let rest = unsafe UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(buffer)[filled..<count * 8])
                    let read = try unsafe file.read(fromAbsoluteOffset: Int64(Self.headerBytes + filled), into: rest)
                    if read == 0 { break }
                    filled += read
                }
            } catch {
                failure = error as? Errno ?? .ioError
            }
            initialized = filled / 8
        }
        if let failure { throw DiskFolder.failure("reading", path.string, failure) }
        return words
    }

    /// Most of the time that reading takes is the kernel's, for each new page.
    private static func adviseHugePages(_ buffer: UnsafeMutableBufferPointer<UInt64>) {
        guard buffer.count * 8 > hugePageBytes, let start = buffer.baseAddress else { return }
        let address = UInt(bitPattern: start)
        let aligned = unsafe UnsafeMutableRawPointer(bitPattern: (address + pageBytes - 1) & ~(pageBytes - 1))
        unsafe madvise(aligned, buffer.count * 8 - Int(pageBytes), MADV_HUGEPAGE)
    }

    private static let pageBytes: UInt = 4_096
    private static let hugePageBytes = 2 << 20

    /// Adds whole records, made for this shape.
    func append(_ records: [UInt64]) throws {
        let options: FileDescriptor.OpenOptions = [.create, .append, .closeOnExec, .noFollow]
        let file = try FileDescriptor.open(path, .readWrite, options: options, permissions: .ownerReadWrite)
        try file.closeAfter {
            try lock(file, LOCK_EX)
            guard try startsWell(file) else { return try rewrite(file, records) }
            let size = Int(try file.seek(offset: 0, from: .end)) - Self.headerBytes
            let known = size / shape.recordBytes
            if known + records.count / shape.recordWords > shape.recordsMax {
                let table = RecordTable(shape, words: try words(of: file))
                return try rewrite(file, table.distinct(countMax: shape.recordsMax / 2) + records)
            }
            // The last writer may have died in the middle of a record.
            if size % shape.recordBytes != 0 {
                try file.resize(to: Int64(Self.headerBytes + known * shape.recordBytes))
            }
            try write(records, to: file)
        }
    }

    /// Throws out what later records replaced, when that is the greater part.
    func tidy(_ table: RecordTable) throws {
        guard table.recordCount > 2 * table.count + Self.staleMin else { return }
        let file = try FileDescriptor.open(path, .readWrite, options: [.append, .closeOnExec, .noFollow])
        try file.closeAfter {
            try lock(file, LOCK_EX)
            let table = RecordTable(shape, words: try words(of: file))
            try rewrite(file, table.distinct(countMax: shape.recordsMax))
        }
    }

    private func rewrite(_ file: FileDescriptor, _ records: [UInt64]) throws {
        try file.resize(to: 0)
        _ = try file.writeAll(header)
        try write(Array(records.suffix(shape.recordsMax * shape.recordWords)), to: file)
    }

    private func write(_ records: [UInt64], to file: FileDescriptor) throws {
        _ = try unsafe records.withUnsafeBytes { try unsafe file.writeAll($0) }
    }

    private func startsWell(_ file: FileDescriptor) throws -> Bool {
        var start = [UInt8](repeating: 0, count: Self.headerBytes)
        let count = try unsafe start.withUnsafeMutableBytes { try unsafe file.read(fromAbsoluteOffset: 0, into: $0) }
        return count == Self.headerBytes && start == header
    }

    private func lock(_ file: FileDescriptor, _ operation: Int32) throws {
        while flock(file.rawValue, operation) != 0 {
            guard errno == EINTR else { throw DiskFolder.failure("locking", path.string, Errno(rawValue: errno)) }
        }
    }
}
