// Finds out how an archive is compressed, by its first bytes, and gives its uncompressed bytes.
import CArchive

// Safety: the archive belongs to one object, which frees it once; the bridge it points to lives as long.

enum Compression: CaseIterable {
    case gzip, zstd, bzip2, xz

    private var magic: [UInt8] {
        switch self {
        case .gzip: [0x1f, 0x8b, 0x08]
        case .zstd: [0x28, 0xb5, 0x2f, 0xfd]
        case .bzip2: [0x42, 0x5a, 0x68]
        case .xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]
        }
    }

    private static let magicBytesMax = 6

    /// Media types of layers: none, gzip, zstd.
    static let ofLayers: [Compression] = [.gzip, .zstd]

    /// Uncompressed bytes of `source`, within the limits. What bears none of the `allowed` marks comes through as it
    /// is.
    static func undone(
        _ source: ByteSource, allowed: [Compression], limits: LayerLimits
    ) throws -> ByteSource {
        let meter = GrowthMeter(limits)
        let (first, whole) = try source.peeking(magicBytesMax)
        let counted = whole.counting { meter.consumed($0) }
        let plain: ByteSource
        switch allowed.first(where: { first.starts(with: $0.magic) }) {
        case .gzip?: plain = GzipReader.source(counted)
        case let other?: plain = try FilterReader.source(counted, other)
        case nil: plain = counted
        }
        return plain.counting { try meter.produced($0) }
    }
}

private func readForFilter(
    _: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _ bytes: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> Int {
    guard let context = unsafe context, let bytes = unsafe bytes else { return -1 }
    return unsafe Unmanaged<FilterReader.Bridge>.fromOpaque(context).takeUnretainedValue().fill(bytes)
}

/// Everything but gzip goes through libarchive's filters, as a file without any archive format.
@safe private final class FilterReader {
    private let archive: OpaquePointer
    private let bridge: Bridge

    static func source(_ source: ByteSource, _ compression: Compression) throws -> ByteSource {
        let reader = try FilterReader(source, compression)
        return unsafe ByteSource { try unsafe reader.read(into: $0) }
    }

    private init(_ source: ByteSource, _ compression: Compression) throws {
        guard let archive = unsafe archive_read_new() else { preconditionFailure("out of memory for an archive") }
        unsafe self.archive = archive
        bridge = Bridge(source)
        switch compression {
        case .gzip: try check(unsafe archive_read_support_filter_gzip(archive))
        case .zstd: try check(unsafe archive_read_support_filter_zstd(archive))
        case .bzip2: try check(unsafe archive_read_support_filter_bzip2(archive))
        case .xz: try check(unsafe archive_read_support_filter_xz(archive))
        }
        try check(unsafe archive_read_support_format_raw(archive))
        try check(unsafe archive_read_support_format_empty(archive))
        let context = unsafe Unmanaged.passUnretained(bridge).toOpaque()
        try check(unsafe archive_read_open(archive, context, nil, readForFilter, nil))
        var entry: OpaquePointer?
        bridge.hasData = try check(unsafe archive_read_next_header(archive, &entry)) != ARCHIVE_EOF
    }

    deinit { _ = unsafe archive_read_free(archive) }

    private func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard bridge.hasData else { return 0 }
        let count = unsafe archive_read_data(archive, buffer.baseAddress, buffer.count)
        if count < 0 || bridge.failure != nil { try check(CInt(truncatingIfNeeded: min(count, Int(ARCHIVE_FATAL)))) }
        return count
    }

    @discardableResult
    private func check(_ code: CInt) throws -> CInt {
        if let failure = bridge.failure { throw failure }
        guard code < ARCHIVE_WARN else { return code }
        throw LayerError.damaged(reason: unsafe ArchiveMessage.text(of: archive))
    }

    @safe final class Bridge {
        var failure: (any Error)?
        var hasData = false
        private let source: ByteSource
        private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 16)

        init(_ source: ByteSource) { self.source = source }

        deinit { unsafe buffer.deallocate() }

        func fill(_ bytes: UnsafeMutablePointer<UnsafeRawPointer?>) -> Int {
            unsafe bytes.pointee = UnsafeRawPointer(buffer.baseAddress)
            do { return try unsafe source.read(buffer) } catch {
                failure = error
                return -1
            }
        }
    }
}
