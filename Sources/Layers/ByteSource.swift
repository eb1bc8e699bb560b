// Where bytes come from: a descriptor, a closure, or bytes at hand; and the bounds on what an archive may grow to.
import Glibc
package import SystemPackage

// Safety: every buffer is filled by the call it was given to and not kept.

@safe package struct ByteSource {
    /// Fills the beginning of the buffer; the count of bytes, 0 only at the end.
    package let read: (UnsafeMutableRawBufferPointer) throws -> Int

    package init(_ read: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) { unsafe self.read = unsafe read }

    /// Reads from the descriptor's position on; the caller keeps it open.
    package init(_ descriptor: FileDescriptor) {
        unsafe self.init { buffer in
            do { return try unsafe descriptor.read(into: buffer) } catch let code as Errno {
                throw LayerError.system(action: "read", path: "an archive", code: code)
            }
        }
    }

    /// Reads from the beginning and leaves the descriptor's position alone.
    package init(fromStartOf descriptor: FileDescriptor) {
        var offset: Int64 = 0
        unsafe self.init { buffer in
            do {
                let count = try unsafe descriptor.read(fromAbsoluteOffset: offset, into: buffer)
                offset += Int64(count)
                return count
            } catch let code as Errno {
                throw LayerError.system(action: "read", path: "an archive", code: code)
            }
        }
    }

    package init(_ bytes: [UInt8]) { self.init(bytes[...], then: nil) }

    /// `first`, then all of `rest`.
    init(_ first: ArraySlice<UInt8>, then rest: ByteSource?) {
        var first = first
        unsafe self.init { buffer in
            if first.isEmpty { return try unsafe rest?.read(buffer) ?? 0 }
            let count = min(first.count, buffer.count)
            unsafe buffer.copyBytes(from: first.prefix(count))
            first = first.dropFirst(count)
            return count
        }
    }

    /// Calls `body` with the count of every read.
    func counting(_ body: @escaping (Int) throws -> Void) -> ByteSource {
        let read = unsafe self.read
        return unsafe ByteSource { buffer in
            let count = try unsafe read(buffer)
            try body(count)
            return count
        }
    }

    /// The first bytes, fewer at the end of the source, and a source that still begins with them.
    func peeking(_ count: Int) throws -> ([UInt8], ByteSource) {
        var first = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let read = try unsafe first.withUnsafeMutableBytes { bytes in
                try unsafe self.read(UnsafeMutableRawBufferPointer(rebasing: bytes[done...]))
            }
            if read == 0 { break }
            done += read
        }
        return (Array(first[..<done]), ByteSource(first[..<done], then: self))
    }
}

/// Counts what goes into a decompressor and what comes out, so that no archive grows without end.
final class GrowthMeter {
    private let limits: LayerLimits
    private var compressed: Int64 = 0
    private var uncompressed: Int64 = 0

    init(_ limits: LayerLimits) { self.limits = limits }

    func consumed(_ count: Int) { compressed += Int64(count) }

    func produced(_ count: Int) throws(LayerError) {
        uncompressed += Int64(count)
        guard uncompressed <= limits.archiveBytes else {
            throw .exceeded(limit: "the size of an archive in bytes", allowed: limits.archiveBytes, entry: "any")
        }
        guard uncompressed <= limits.ratioFreeBytes || uncompressed / max(compressed, 1) <= limits.ratio else {
            throw .exceeded(limit: "the ratio of compression", allowed: limits.ratio, entry: "any")
        }
    }
}

enum CString {
    static func length(_ text: UnsafePointer<CChar>) -> Int { unsafe Int(strlen(text)) }
}
