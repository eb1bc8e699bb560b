// Turns an overlay's upper directory into an OCI layer: always the same bytes for the same tree.
package import Digests
package import SystemPackage

// Safety: bytes are handed on within one call and not kept.

/// What times the entries of a layer bear.
package enum LayerTimes: Hashable, Sendable {
    /// The files' own, in whole seconds: fractions would cost a pax header for each file, and a tree that was unpacked
    /// elsewhere from a layer with whole seconds must give the same layer again. Cutting never makes a target look
    /// older than its source to `make`, and Python compares whole seconds.
    case kept
    /// The same for all, in seconds since 1970.
    case fixed(Int64)
}

package struct LayerSummary: Hashable, Sendable {
    /// SHA-256 of the uncompressed tar.
    package let diffID: BlobDigest
    /// Bytes of the uncompressed tar.
    package let byteCount: Int64
    package let entryCount: Int64
    package let times: LayerTimes

    /// True when nothing was changed: such a layer is left out of an image.
    package var isEmpty: Bool { entryCount == 0 }

    package init(diffID: BlobDigest, byteCount: Int64, entryCount: Int64, times: LayerTimes) {
        self.diffID = diffID
        self.byteCount = byteCount
        self.entryCount = entryCount
        self.times = times
    }
}

package struct CompressedLayer: Hashable, Sendable {
    package let summary: LayerSummary
    /// SHA-256 of the compressed bytes.
    package let blob: BlobDigest
    /// Count of the compressed bytes.
    package let blobByteCount: Int64
}

package struct LayerWriter {
    private let times: LayerTimes
    private let limits: LayerLimits
    private let checkpoint: Checkpoint

    package init(times: LayerTimes, limits: LayerLimits = .standard, checkpoint: @escaping Checkpoint = {}) {
        self.times = times
        self.limits = limits
        self.checkpoint = checkpoint
    }

    /// Hashes the layer of the upper directory at `path` and keeps nothing of it.
    package func summarize(_ path: FilePath) throws -> LayerSummary { try unsafe write(path) { _ in } }

    /// Hashes the layer of the upper directory at `path`; its bytes go to `sink`, in order.
    package func write(
        _ path: FilePath, to sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> LayerSummary {
        try unsafe withoutActuallyEscaping(sink) { try unsafe writeEscaping(path, to: $0) }
    }

    private func writeEscaping(
        _ path: FilePath, to sink: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws -> LayerSummary {
        let counter = TarCounter()
        let entryCount = unsafe try walk(path) { bytes in
            unsafe counter.take(bytes)
            try unsafe sink(bytes)
        }
        return LayerSummary(
            diffID: counter.finish(), byteCount: counter.byteCount, entryCount: entryCount, times: times)
    }

    /// Gives the tar to `sink`; how many entries it has.
    private func walk(_ path: FilePath, to sink: @escaping (UnsafeRawBufferPointer) throws -> Void) throws -> Int64 {
        let directory = try Directory(path)
        let writer = unsafe try TarWriter(sink)
        let walk = LayerWalk(writer, times: times, limits: limits, checkpoint: checkpoint)
        try walk.run(directory)
        try writer.close()
        return walk.entryCount
    }

    /// The same in one pass with compression: gzip members of fixed size go to `descriptor`, whose bytes do not depend
    /// on `cores`, the number of threads that hash and compress (this one, which also reads the files, included). A
    /// layer of less than one member starts none. Memory does not grow with the layer's bytes: see `GzipMembers`.
    package func writeCompressed(
        _ path: FilePath, to descriptor: FileDescriptor, cores: Int
    ) throws -> CompressedLayer {
        let gzip = unsafe GzipMembers(cores: cores) { bytes in
            do { _ = try unsafe descriptor.writeAll(bytes) } catch let code as Errno {
                throw LayerError.system(action: "write", path: "a compressed layer", code: code)
            }
        }
        let entryCount = try unsafe walk(path) { try unsafe gzip.append($0) }
        let stream = try gzip.finish()
        let summary = LayerSummary(
            diffID: stream.content, byteCount: stream.contentByteCount, entryCount: entryCount, times: times)
        return CompressedLayer(summary: summary, blob: stream.blob, blobByteCount: stream.blobByteCount)
    }
}

/// Hashes and counts the uncompressed bytes.
private final class TarCounter {
    private(set) var byteCount: Int64 = 0
    private var hasher: Digests.Hasher? = Digests.Hasher(.sha256)

    func take(_ bytes: UnsafeRawBufferPointer) {
        unsafe hasher?.update(bytes)
        byteCount += Int64(bytes.count)
    }

    func finish() -> BlobDigest {
        guard let hasher = hasher.take() else { preconditionFailure("a layer is finished once") }
        return BlobDigest(finishing: hasher)
    }
}
