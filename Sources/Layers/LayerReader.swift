// Unpacks an OCI layer into the form of an overlay's upper directory, checking its diff id on the way.
package import Digests
package import SystemPackage

// Safety: the buffer lives for one call.

package struct UnpackedLayer: Hashable, Sendable {
    /// SHA-256 of the uncompressed bytes, from the first to the last.
    package let diffID: BlobDigest
    /// Count of the uncompressed bytes.
    package let byteCount: Int64
    package let entryCount: Int64
}

package struct LayerReader {
    private let limits: LayerLimits
    private let checkpoint: Checkpoint

    package init(limits: LayerLimits = .standard, checkpoint: @escaping Checkpoint = {}) {
        self.limits = limits
        self.checkpoint = checkpoint
    }

    /// Makes the directory `path`, which must not exist, and unpacks into it: tar, plain or in gzip or zstd, told by
    /// its first bytes. After an error nothing is left there; a process that is killed leaves a part, so `path` should
    /// lie in a work area.
    package func extract(
        from source: ByteSource, into path: FilePath, expecting diffID: BlobDigest?
    ) throws -> UnpackedLayer {
        guard let name = path.lastComponent else {
            throw LayerError.unfit(path: path.string, reason: "it has no name")
        }
        let (parent, bytes) = (try Directory(path.removingLastComponent()), Array(name.string.utf8))
        guard try parent.makeDirectory(bytes) else {
            throw LayerError.system(action: "make directory", path: path.string, code: .fileExists)
        }
        do {
            return try unpack(source, into: try parent.child(bytes), expecting: diffID)
        } catch {
            try? parent.removeTree(bytes)
            throw error
        }
    }

    /// SHA-256 of the uncompressed bytes, without unpacking them.
    package func diffID(of source: ByteSource) throws -> BlobDigest {
        let plain = try Compression.undone(source, allowed: Compression.ofLayers, limits: limits)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunkBytes, alignment: 16)
        defer { unsafe buffer.deallocate() }
        var hasher = Hasher(.sha256)
        while true {
            try checkpoint()
            let count = try unsafe plain.read(buffer)
            if count == 0 { return BlobDigest(finishing: hasher) }
            unsafe hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// Bytes that are hashed at a time.
    private static let chunkBytes = 256 << 10

    private func unpack(
        _ source: ByteSource, into root: Directory, expecting expected: BlobDigest?
    ) throws -> UnpackedLayer {
        var byteCount: Int64 = 0
        let plain = try Compression.undone(source, allowed: Compression.ofLayers, limits: limits)
        let counted = plain.counting { byteCount += Int64($0) }
        let reader = try TarReader(counted, limits: limits)
        try root.file().setMetadata(owner: 0, group: 0, permissions: Self.topPermissions, attributes: [])
        let unpacker = Unpacker(root: root, form: .layer, limits: limits, checkpoint: checkpoint)
        let entryCount = try unpacker.run(reader)
        let diffID = try reader.finish()
        if let expected, expected != diffID { throw LayerError.wrongDiffID(expected: expected, actual: diffID) }
        return UnpackedLayer(diffID: diffID, byteCount: byteCount, entryCount: entryCount)
    }

    /// Permissions of a layer's top when it says nothing of it.
    private static let topPermissions: UInt32 = 0o755
}
